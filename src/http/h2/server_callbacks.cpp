// SPDX-License-Identifier: Apache-2.0
// From nghttp2's C to the member functions that know what to do.
#include "http/h2/server_callbacks.hpp"

#include "http/h2/server_session.hpp"

namespace sluice::http::h2 {

struct server_callbacks {
    static server_session& of(void* user) noexcept { return *static_cast<server_session*>(user); }

    static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
        return of(user).on_frame_begins(*frame);
    }
    static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return of(user).on_headers_begin(*frame);
    }
    static int header(nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf* name,
                      nghttp2_rcbuf* value, std::uint8_t, void* user) {
        return of(user).on_header(name, value);
    }
    static int frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return of(user).on_frame(*frame);
    }
    static int content(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                       std::size_t size, void* user) {
        return of(user).on_content(id, {reinterpret_cast<const char*>(bytes), size});
    }
    static int stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
        of(user).on_stream_closed(id);
        return 0;
    }
    static int unpack_extension(nghttp2_session*, void**, const nghttp2_frame_hd*, void*) {
        return NGHTTP2_ERR_CANCEL;  // RFC 9113 section 5.5: what is not known is ignored
    }
    static int frame_send(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return of(user).on_sent(*frame);
    }
    static int send_content(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* frame_head,
                            std::size_t size, nghttp2_data_source*, void* user) {
        constexpr std::size_t frame_head_size = 9;  // RFC 9113 section 4.1
        return of(user).on_send_content(
            frame->hd.stream_id, {reinterpret_cast<const char*>(frame_head), frame_head_size},
            size);
    }
    // NOLINTNEXTLINE(readability-function-size): nghttp2 asks for it so
    static ssize_t read(nghttp2_session*, std::int32_t id, std::uint8_t*, std::size_t most,
                        std::uint32_t* flags, nghttp2_data_source*, void* user) {
        return of(user).on_read(id, most, *flags);
    }
};

const nghttp2_session_callbacks* session_callbacks() {
    static const auto made = [] {
        nghttp2_session_callbacks* all = nullptr;
        if (nghttp2_session_callbacks_new(&all) != 0)
            return nghttp2_ptr<nghttp2_session_callbacks>{};
        using to = server_callbacks;
        nghttp2_session_callbacks_set_on_begin_frame_callback(all, to::begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(all, to::begin_headers);
        nghttp2_session_callbacks_set_on_header_callback2(all, to::header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(all, to::frame_recv);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, to::content);
        nghttp2_session_callbacks_set_on_stream_close_callback(all, to::stream_close);
        nghttp2_session_callbacks_set_unpack_extension_callback(all, to::unpack_extension);
        nghttp2_session_callbacks_set_on_frame_send_callback(all, to::frame_send);
        nghttp2_session_callbacks_set_send_data_callback(all, to::send_content);
        return nghttp2_ptr<nghttp2_session_callbacks>{all};
    }();
    return made.get();
}

nghttp2_data_provider body_source() noexcept {
    nghttp2_data_provider asked{};
    asked.read_callback = server_callbacks::read;
    return asked;
}

}  // namespace sluice::http::h2
