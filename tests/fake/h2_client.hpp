// SPDX-License-Identifier: Apache-2.0
// An HTTP/2 client on a socket a test holds: nghttp2 does the framing, the test decides what is
// said, when it is written and what is granted.
#pragma once

#include "fake/loop.hpp"
#include "fake/socket.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fake {

using h2_fields = std::vector<std::pair<std::string, std::string>>;

struct h2_answer {
    int status = 0;
    std::vector<int> informational;
    h2_fields fields;
    h2_fields trailers;
    std::string body;
    std::size_t credit_owed = 0;  ///< body bytes not granted again
    bool head_done = false;
    bool ended = false;
    std::optional<std::uint32_t> reset;

    std::string field(std::string_view name) const {
        for (const auto& [key, value] : fields)
            if (key == name)
                return value;
        return {};
    }
};

inline h2_fields h2_get(std::string path, h2_fields more = {}) {
    h2_fields all{
        {":method", "GET"}, {":scheme", "http"}, {":authority", "h"}, {":path", std::move(path)}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

inline h2_fields h2_post(std::string path, h2_fields more = {}) {
    auto all = h2_get(std::move(path), std::move(more));
    all[0].second = "POST";
    return all;
}

class h2_client {
public:
    /// Whether what arrives may come again at once, or only when the test says so.
    enum class credit { automatic, by_hand };

    explicit h2_client(socket end, credit how = credit::automatic,
                       std::uint32_t window = NGHTTP2_INITIAL_WINDOW_SIZE)
        : end_(std::move(end)) {
        nghttp2_session_callbacks* calls = nullptr;
        nghttp2_session_callbacks_new(&calls);
        nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, on_content);
        nghttp2_session_callbacks_set_on_stream_close_callback(calls, on_close);
        nghttp2_option* options = nullptr;
        nghttp2_option_new(&options);
        nghttp2_option_set_no_http_messaging(options, 1);
        nghttp2_option_set_no_auto_window_update(options, how == credit::by_hand ? 1 : 0);
        nghttp2_option_set_peer_max_concurrent_streams(options, 100'000);
        nghttp2_session_client_new2(&session_, calls, this, options);
        nghttp2_session_callbacks_del(calls);
        nghttp2_option_del(options);
        const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
    }
    ~h2_client() { nghttp2_session_del(session_); }
    h2_client(const h2_client&) = delete;
    h2_client& operator=(const h2_client&) = delete;

    /// A request without content.
    std::int32_t ask(const h2_fields& fields) { return submit(fields, nullptr); }
    /// A request whose content follows by say().
    std::int32_t begin(const h2_fields& fields) {
        nghttp2_data_provider source{};
        source.read_callback = on_read;
        return submit(fields, &source);
    }
    /// More content of a request.
    void say(std::int32_t id, std::string_view bytes) {
        bodies_[id].bytes += bytes;
        nghttp2_session_resume_data(session_, id);
    }
    /// The end of a request's content, with trailers perhaps.
    void end(std::int32_t id, h2_fields trailers = {}) {
        bodies_[id].ended = true;
        bodies_[id].trailers = std::move(trailers);
        nghttp2_session_resume_data(session_, id);
    }
    std::int32_t post(const h2_fields& fields, std::string_view body) {
        const auto id = begin(fields);
        say(id, body);
        end(id);
        return id;
    }
    /// The next request has this number.
    void go_on_at(std::int32_t id) { nghttp2_session_set_next_stream_id(session_, id); }
    void reset(std::int32_t id, std::uint32_t code = NGHTTP2_CANCEL) {
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, code);
    }
    void grant(std::int32_t id) {
        nghttp2_session_consume(session_, id, std::exchange(answers_[id].credit_owed, 0));
    }

    /// Frames up to here are to leave, and do so with the next exchange().
    void gather() {
        const std::uint8_t* bytes = nullptr;
        for (ssize_t size; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;)
            out_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    /// Bytes of no library's making, behind what is gathered.
    void raw(std::string_view bytes) {
        gather();
        out_ += bytes;
    }
    /// Sends what the kernel takes; says how much.
    std::size_t send() {
        gather();
        const auto sent = end_.send(out_);
        out_.erase(0, sent);
        return sent;
    }
    /// Reads what is here; says how much.
    std::size_t receive() {
        const auto got = end_.receive();
        note(got);
        if (!got.empty())
            nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(got.data()),
                                     got.size());
        return got.size();
    }
    /// Sends, lets everything that follows happen, reads; until nothing more moves.
    void exchange(loop& with) {
        for (int quiet = 0; quiet < 3;) {
            const auto sent = send();
            with.settle();
            const auto got = receive();
            quiet = sent == 0 && got == 0 ? quiet + 1 : 0;
        }
    }

    h2_answer& at(std::int32_t id) { return answers_[id]; }
    bool ended() const noexcept { return end_.at_end(); }
    const std::vector<std::pair<std::int32_t, std::uint32_t>>& goaways() const noexcept {
        return goaways_;
    }
    std::uint32_t setting(nghttp2_settings_id which) {
        return nghttp2_session_get_remote_settings(session_, which);
    }
    /// What may still be sent of a request's content.
    std::int32_t window(std::int32_t id) {
        return nghttp2_session_get_stream_remote_window_size(session_, id);
    }
    nghttp2_session* native() noexcept { return session_; }
    socket& end_socket() noexcept { return end_; }

private:
    struct content {
        std::string bytes;
        bool ended = false;
        h2_fields trailers;
    };

    // GOAWAY is read from the bytes: nghttp2 stops at what answers frames it did not send itself.
    void note(std::string_view got) {
        constexpr std::size_t head = 9;
        wire_ += got;
        const auto number = [&](std::size_t at, std::size_t size) {
            std::uint32_t value = 0;
            for (std::size_t i = 0; i < size; ++i)
                value = value << 8 | static_cast<std::uint8_t>(wire_[at + i]);
            return value;
        };
        while (wire_.size() >= head && wire_.size() >= head + number(0, 3)) {
            if (wire_[3] == NGHTTP2_GOAWAY)
                goaways_.emplace_back(number(head, 4), number(head + 4, 4));
            wire_.erase(0, head + number(0, 3));
        }
    }

    static h2_client& of(void* user) { return *static_cast<h2_client*>(user); }

    static std::vector<nghttp2_nv> pairs_of(const h2_fields& fields) {
        std::vector<nghttp2_nv> pairs;
        const auto bytes = [](const std::string& text) {
            return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
        };
        for (const auto& [name, value] : fields)
            // not copied: a copy would be in lower case
            pairs.push_back({bytes(name), bytes(value), name.size(), value.size(),
                             NGHTTP2_NV_FLAG_NO_COPY_NAME});
        return pairs;
    }
    std::int32_t submit(const h2_fields& fields, const nghttp2_data_provider* source) {
        kept_.push_back(fields);
        const auto pairs = pairs_of(kept_.back());
        const auto id =
            nghttp2_submit_request(session_, nullptr, pairs.data(), pairs.size(), source, nullptr);
        if (id < 0)
            throw std::runtime_error("no request can be made");
        gather();  // while the names are there
        return id;
    }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* user) {
        auto& answer = of(user).answers_[frame->hd.stream_id];
        std::pair<std::string, std::string> one{
            std::string(reinterpret_cast<const char*>(name), name_size),
            std::string(reinterpret_cast<const char*>(value), value_size)};
        if (one.first == ":status")
            answer.status = std::atoi(one.second.c_str());
        else
            (answer.head_done ? answer.trailers : answer.fields).push_back(std::move(one));
        return 0;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        auto& self = of(user);
        auto& answer = self.answers_[frame->hd.stream_id];
        switch (frame->hd.type) {
        case NGHTTP2_HEADERS:
            if (answer.status >= 100 && answer.status < 200) {
                answer.informational.push_back(answer.status);
                answer.status = 0;
                answer.fields.clear();
            } else {
                answer.head_done = true;
            }
            break;
        case NGHTTP2_RST_STREAM:
            answer.reset = frame->rst_stream.error_code;
            break;
        default:
            break;
        }
        if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
            (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            answer.ended = true;
        return 0;
    }
    static int on_content(nghttp2_session*, std::uint8_t, std::int32_t id,
                          const std::uint8_t* bytes, std::size_t size, void* user) {
        auto& answer = of(user).answers_[id];
        answer.body.append(reinterpret_cast<const char*>(bytes), size);
        answer.credit_owed += size;
        return 0;
    }
    static int on_close(nghttp2_session*, std::int32_t, std::uint32_t, void*) { return 0; }
    static ssize_t on_read(nghttp2_session* session, std::int32_t id, std::uint8_t* room,
                           std::size_t most, std::uint32_t* flags, nghttp2_data_source*,
                           void* user) {
        auto& from = of(user).bodies_[id];
        if (from.bytes.empty() && !from.ended)
            return NGHTTP2_ERR_DEFERRED;
        const auto size = std::min(most, from.bytes.size());
        std::copy_n(from.bytes.begin(), size, room);
        from.bytes.erase(0, size);
        if (from.ended && from.bytes.empty()) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            if (!from.trailers.empty()) {
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                const auto pairs = pairs_of(from.trailers);
                nghttp2_submit_trailer(session, id, pairs.data(), pairs.size());
            }
        }
        return static_cast<ssize_t>(size);
    }

    socket end_;
    nghttp2_session* session_ = nullptr;
    std::string out_;
    std::string wire_;  // of frames that are not whole
    std::list<h2_fields> kept_;
    std::map<std::int32_t, h2_answer> answers_;
    std::map<std::int32_t, content> bodies_;
    std::vector<std::pair<std::int32_t, std::uint32_t>> goaways_;
};

/// A frame by hand (RFC 9113 section 4.1).
inline std::string h2_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                            std::string_view payload) {
    std::string all;
    const auto put = [&](std::uint32_t value, int bytes) {
        for (int at = bytes - 1; at >= 0; --at)
            all += static_cast<char>(value >> (8 * at));
    };
    put(static_cast<std::uint32_t>(payload.size()), 3);
    put(type, 1);
    put(flags, 1);
    put(stream, 4);
    return all.append(payload);
}

}  // namespace fake
