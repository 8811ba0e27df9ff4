// SPDX-License-Identifier: Apache-2.0
// The node's end of an HTTP/2 connection: nghttp2 as a server on a descriptor. Does what a test
// tells it, and notes what it was sent.
#pragma once

#include "fake/socket.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fake {

using h2_fields = std::vector<std::pair<std::string, std::string>>;

class h2_node {
public:
    struct request {
        h2_fields fields, trailers;
        std::string body;
        bool ended = false;
        std::optional<std::uint32_t> reset;  ///< the code of RST_STREAM
        bool in_trailers = false;

        std::string operator[](std::string_view name) const {
            for (const auto& [known, value] : fields)
                if (known == name)
                    return value;
            return {};
        }
    };
    struct terms {
        std::uint32_t streams = 100;
        bool gives_credit = true;  ///< for what it receives
        bool checks = true;        ///< what it is told to send
    };

    explicit h2_node(socket accepted) : h2_node(std::move(accepted), terms{}) {}
    h2_node(socket accepted, terms how) : link_(std::move(accepted)) {
        nghttp2_session_callbacks* calls = nullptr;
        nghttp2_session_callbacks_new(&calls);
        nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, on_bytes);
        nghttp2_option* options = nullptr;
        nghttp2_option_new(&options);
        nghttp2_option_set_no_auto_window_update(options, how.gives_credit ? 0 : 1);
        nghttp2_option_set_no_http_messaging(options, how.checks ? 0 : 1);
        nghttp2_session* made = nullptr;
        nghttp2_session_server_new2(&made, calls, this, options);
        session_.reset(made);
        nghttp2_option_del(options);
        nghttp2_session_callbacks_del(calls);
        const nghttp2_settings_entry streams{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, how.streams};
        nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, &streams, 1);
    }

    /// Reads what came, sends what is to be sent. The callbacks hold a pointer to it: no moves.
    void turn() {
        take_in(link_.receive());
        say();
    }
    void say() {
        for (;;) {
            waiting_ += next_frames();
            if (waiting_.empty())
                return;
            waiting_.erase(0, link_.send(waiting_));
            if (!waiting_.empty())
                return;
        }
    }
    /// The same without a descriptor of its own, for whoever has TLS around it.
    void take_in(std::string_view bytes) {
        if (!bytes.empty())
            nghttp2_session_mem_recv(
                session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::string give_out() {
        std::string all;
        for (std::string more; !(more = next_frames()).empty();)
            all += more;
        return all;
    }

    std::map<std::int32_t, request> requests;
    std::int32_t newest() const { return requests.empty() ? 0 : requests.rbegin()->first; }
    request& last() { return requests.rbegin()->second; }
    int pings = 0;
    std::optional<std::uint32_t> goodbye;  ///< the code of a GOAWAY

    /// A head; with `ends` the whole response.
    void head(std::int32_t id, const h2_fields& fields, bool ends = false) {
        const auto nv = list(fields);
        nghttp2_submit_headers(session_.get(), ends ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE,
                               id, nullptr, nv.data(), nv.size(), nullptr);
    }
    /// DATA of the whole body, as the windows allow; then trailers, if any.
    void body(std::int32_t id, std::string content, bool ends = true, h2_fields trailers = {}) {
        auto& out = bodies_[id];
        out = std::make_unique<sending>(sending{std::move(content), 0, ends, std::move(trailers)});
        nghttp2_data_provider from{};
        from.source.ptr = out.get();
        from.read_callback = on_read;
        nghttp2_submit_data(session_.get(), NGHTTP2_FLAG_END_STREAM, id, &from);
    }
    std::size_t unsent(std::int32_t id) const {
        const auto& one = *bodies_.at(id);
        return one.content.size() - one.sent;
    }
    void trailers(std::int32_t id, const h2_fields& fields) {
        const auto nv = list(fields);
        nghttp2_submit_trailer(session_.get(), id, nv.data(), nv.size());
    }
    void reset(std::int32_t id, std::uint32_t code) {
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code);
    }
    void goaway(std::int32_t last, std::uint32_t code = NGHTTP2_NO_ERROR) {
        nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last, code, nullptr, 0);
    }
    void allow_streams(std::uint32_t most) {
        const nghttp2_settings_entry streams{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most};
        nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, &streams, 1);
    }
    void give_credit(std::int32_t id, std::size_t bytes) {
        nghttp2_session_consume(session_.get(), id, bytes);
    }
    socket& link() { return link_; }
    nghttp2_session* session() { return session_.get(); }
    bool at_end() const { return link_.at_end(); }

private:
    struct sending {
        std::string content;
        std::size_t sent;
        bool ends;
        h2_fields trailers;
    };
    struct free_session {
        void operator()(nghttp2_session* one) const noexcept { nghttp2_session_del(one); }
    };
    std::string next_frames() {
        const std::uint8_t* bytes = nullptr;
        const auto size = nghttp2_session_mem_send(session_.get(), &bytes);
        return size > 0 ? text(bytes, static_cast<std::size_t>(size)) : std::string();
    }
    static std::string text(const std::uint8_t* bytes, std::size_t size) {
        return {reinterpret_cast<const char*>(bytes), size};
    }
    static std::vector<nghttp2_nv> list(const h2_fields& fields) {
        std::vector<nghttp2_nv> all;
        const auto bytes = [](const std::string& one) {
            return reinterpret_cast<std::uint8_t*>(const_cast<char*>(one.data()));
        };
        for (const auto& [name, value] : fields)
            all.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
        return all;
    }
    static h2_node& self(void* user) { return *static_cast<h2_node*>(user); }
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* user) {
        auto& one = self(user).requests[frame->hd.stream_id];
        (one.in_trailers ? one.trailers : one.fields)
            .emplace_back(text(name, name_size), text(value, value_size));
        return 0;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        auto& me = self(user);
        if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
            ++me.pings;
        if (frame->hd.type == NGHTTP2_GOAWAY)
            me.goodbye = frame->goaway.error_code;
        if (frame->hd.stream_id == 0)
            return 0;
        auto& one = me.requests[frame->hd.stream_id];
        if (frame->hd.type == NGHTTP2_HEADERS)
            one.in_trailers = true;
        if (frame->hd.type == NGHTTP2_RST_STREAM)
            one.reset = frame->rst_stream.error_code;
        const bool carries_end =
            frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
        one.ended |= carries_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        return 0;
    }
    static int on_bytes(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                        std::size_t size, void* user) {
        self(user).requests[id].body += text(bytes, size);
        return 0;
    }
    static ssize_t on_read(nghttp2_session* session, std::int32_t id, std::uint8_t* room,
                           std::size_t most, std::uint32_t* flags, nghttp2_data_source* source,
                           void*) {
        auto& from = *static_cast<sending*>(source->ptr);
        const auto size = std::min(most, from.content.size() - from.sent);
        std::memcpy(room, from.content.data() + from.sent, size);
        from.sent += size;
        if (from.sent == from.content.size()) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            if (!from.ends || !from.trailers.empty())
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            if (!from.trailers.empty()) {
                const auto nv = list(from.trailers);
                nghttp2_submit_trailer(session, id, nv.data(), nv.size());
            }
        }
        return static_cast<ssize_t>(size);
    }

    socket link_;
    std::unique_ptr<nghttp2_session, free_session> session_;
    std::map<std::int32_t, std::unique_ptr<sending>> bodies_;
    std::string waiting_;
};

}  // namespace fake
