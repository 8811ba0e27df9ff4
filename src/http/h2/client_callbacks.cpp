// SPDX-License-Identifier: Apache-2.0
// Streams are found by their number, never by a pointer nghttp2 was given: it may speak of one that
// was given back long ago.
#include "http/h2/client_callbacks.hpp"

#include "http/h2/client_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>

namespace sluice::http::h2 {

namespace {

// Of a DATA frame: its head.
constexpr std::size_t frame_head = 9;
// Frames are gathered up to here. One more may follow before the block is full.
constexpr std::size_t high_water = byte_buffer::large_block - 17 * 1024;

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(bytes), size};
}

bool ends(const nghttp2_frame& frame) noexcept {
    return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

struct client_callbacks {
    static client_session& self(void* session) noexcept {
        return *static_cast<client_session*>(session);
    }

    // A stream that failed or was given up is nobody's.
    static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) noexcept {
        auto& on = self(user);
        const auto* const one = on.find(frame->stream_id);
        const bool gone = one == nullptr || one->closed_ || one->failed_;
        using audience = node_manners::audience;
        const bool good = on.manners_.bears(*frame, gone ? audience::nobody : audience::somebody,
                                            on.worker_.now());
        return good ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    }

    static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        if (auto* const one = self(user).find(frame->hd.stream_id))
            one->section_begins();
        return 0;
    }

    // NOLINTNEXTLINE(readability-function-size): nghttp2 asks for it so
    static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* user) noexcept {
        auto* const one = self(user).find(frame->hd.stream_id);
        const bool good =
            one == nullptr || one->take_field(text_of(name, name_size), text_of(value, value_size));
        return good ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    // Left alone, nghttp2 would leave such a field out and go on.
    // NOLINTNEXTLINE(readability-function-size): nghttp2 asks for it so
    static int invalid_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t*,
                              std::size_t, const std::uint8_t*, std::size_t, std::uint8_t,
                              void* user) noexcept {
        if (auto* const one = self(user).find(frame->hd.stream_id))
            one->refuse("a malformed field");
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    static int frame_received(nghttp2_session* session, const nghttp2_frame* frame,
                              void* user) noexcept {
        auto& on = self(user);
        switch (frame->hd.type) {
        case NGHTTP2_SETTINGS:
            if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
                on.settings_came();
            return 0;
        case NGHTTP2_GOAWAY:
            on.node_goes_away();
            return 0;
        case NGHTTP2_PING:
            if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
                on.probe_answered();
            return 0;
        default:
            break;
        }
        auto* const one = on.find(frame->hd.stream_id);
        if (one == nullptr)
            return 0;
        if (frame->hd.type == NGHTTP2_HEADERS && !one->section_ends(ends(*frame)))
            ::nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                        NGHTTP2_PROTOCOL_ERROR);
        else if (frame->hd.type == NGHTTP2_DATA && ends(*frame))
            one->response_ends();
        else if (frame->hd.type == NGHTTP2_RST_STREAM)
            one->reset_by_node_ = true;
        return 0;
    }

    // Room on the connection is given back at once: a client that does not read must not stop the
    // streams of others. Its own stream's window bounds what it costs.
    static int bytes(nghttp2_session* session, std::uint8_t, std::int32_t id,
                     const std::uint8_t* content, std::size_t size, void* user) noexcept {
        if (auto* const one = self(user).find(id))
            one->take_bytes(text_of(content, size));
        ::nghttp2_session_consume_connection(session, size);
        return 0;
    }

    static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t code,
                             void* user) noexcept {
        if (auto* const one = self(user).find(id))
            one->stream_closed(code);
        return 0;
    }

    static int before_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        auto& on = self(user);
        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
            return 0;
        if (auto* const one = on.find(frame->hd.stream_id))
            one->head_begins_at(on.queued_);
        return 0;
    }

    static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        auto& on = self(user);
        if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
            on.violated_ = true;
        if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
            return 0;
        on.manners_.asked();
        // put_data()'s frames are behind us; what nghttp2 itself packed is about to be handed out.
        on.packed_ = frame->hd.stream_id;
        on.tell_packed();
        return 0;
    }

    // nghttp2 could not pack it, or GOAWAY came before.
    static int frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int,
                              void* user) noexcept {
        auto* const one = self(user).find(frame->hd.stream_id);
        if (frame->hd.type != NGHTTP2_HEADERS || one == nullptr)
            return 0;
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
            one->never_was();
        else
            one->trailers_lost();
        return 0;
    }

    // NOLINTNEXTLINE(readability-function-size): nghttp2 asks for it so
    static ssize_t body(nghttp2_session*, std::int32_t id, std::uint8_t*, std::size_t most,
                        std::uint32_t* flags, nghttp2_data_source*, void* user) noexcept {
        auto& on = self(user);
        auto* const one = on.find(id);
        if (one == nullptr)
            return NGHTTP2_ERR_DEFERRED;  // a reset is on its way
        const auto here = one->unsent();
        if (one->cut_ || (here == 0 && !one->request_ended_)) {
            one->deferred_ = true;
            return NGHTTP2_ERR_DEFERRED;
        }
        const auto size = std::min(here, most);
        if (size != 0)
            *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (size == here && one->request_ended_) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            one->request_left_ = true;
            if (!one->trailers_.empty()) {
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                on.send_trailers(*one);
            }
        }
        return static_cast<ssize_t>(size);
    }

    // From the piece to what is written, without a copy of nghttp2's own between.
    static int put_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* head,
                        std::size_t size, nghttp2_data_source*, void* user) noexcept {
        auto& on = self(user);
        auto* const one = on.find(frame->hd.stream_id);
        if (one == nullptr || one->unsent() < size)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        on.out_.append(text_of(head, frame_head));
        one->move_unsent(on.out_, size);
        on.queued_ += frame_head + size;
        return on.out_.size() >= high_water ? NGHTTP2_ERR_PAUSE : 0;
    }
};

const nghttp2_session_callbacks* callbacks_of_clients() {
    static const auto* const all = [] {
        nghttp2_session_callbacks* made = nullptr;
        if (::nghttp2_session_callbacks_new(&made) != 0)
            return static_cast<nghttp2_session_callbacks*>(nullptr);
        using ours = client_callbacks;
        ::nghttp2_session_callbacks_set_on_begin_frame_callback(made, ours::begin_frame);
        ::nghttp2_session_callbacks_set_on_begin_headers_callback(made, ours::begin_headers);
        ::nghttp2_session_callbacks_set_on_header_callback(made, ours::header);
        ::nghttp2_session_callbacks_set_on_invalid_header_callback(made, ours::invalid_header);
        ::nghttp2_session_callbacks_set_on_frame_recv_callback(made, ours::frame_received);
        ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, ours::bytes);
        ::nghttp2_session_callbacks_set_on_stream_close_callback(made, ours::stream_closed);
        ::nghttp2_session_callbacks_set_before_frame_send_callback(made, ours::before_frame);
        ::nghttp2_session_callbacks_set_on_frame_send_callback(made, ours::frame_sent);
        ::nghttp2_session_callbacks_set_on_frame_not_send_callback(made, ours::frame_not_sent);
        ::nghttp2_session_callbacks_set_send_data_callback(made, ours::put_data);
        return made;
    }();
    return all;
}

nghttp2_data_provider request_body() noexcept {
    nghttp2_data_provider made{};
    made.read_callback = client_callbacks::body;
    return made;
}

void client_session::tell_packed() noexcept {
    if (auto* const one = packed_ != 0 ? find(packed_) : nullptr)
        one->packed_up_to(queued_);
}

// Here because it shares the bound with put_data().
void client_session::gather() {
    while (out_.size() < high_water) {
        const std::uint8_t* bytes = nullptr;
        const auto size = ::nghttp2_session_mem_send(speaks_.get(), &bytes);
        if (size < 0)
            return lose(errc::upstream_closed, "out of memory");
        queued_ += static_cast<std::size_t>(size);
        tell_packed();
        packed_ = 0;
        if (size == 0)
            return;
        out_.append(text_of(bytes, static_cast<std::size_t>(size)));
    }
}

}  // namespace sluice::http::h2
