// SPDX-License-Identifier: Apache-2.0
// libnghttp2 on one connection of the bench, for its HTTP/2 client and its HTTP/2 origin: bytes from
// the link into the session, and what the session has to say gathered into few writes.
#pragma once

#include "link.hpp"

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string>
#include <string_view>

namespace bench {

struct h2_free {
    void operator()(nghttp2_session* one) const { nghttp2_session_del(one); }
    void operator()(nghttp2_session_callbacks* one) const { nghttp2_session_callbacks_del(one); }
    void operator()(nghttp2_option* one) const { nghttp2_option_del(one); }
};
using h2_session_ptr = std::unique_ptr<nghttp2_session, h2_free>;
using h2_callbacks_ptr = std::unique_ptr<nghttp2_session_callbacks, h2_free>;

inline h2_callbacks_ptr make_h2_callbacks() {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0)
        give_up("nghttp2");
    return h2_callbacks_ptr{made};
}

inline nghttp2_nv h2_field(std::string_view name, std::string_view value) {
    // libnghttp2 copies both unless told otherwise, and writes to neither.
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
            reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
            value.size(), NGHTTP2_NV_FLAG_NONE};
}

inline std::string_view h2_text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

/// Windows so large that they never hold anybody up.
inline void submit_h2_settings(nghttp2_session* session) {
    constexpr std::int32_t window = 16 * 1024 * 1024;
    const std::array<nghttp2_settings_entry, 3> entries{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    }};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, window);
}

struct h2_connection {
    link stream;
    h2_session_ptr session;
    std::string out;  // what the socket did not take yet

    /// False: the connection is over.
    bool flush() {
        for (;;) {
            while (out.size() < 64 * 1024) {
                const std::uint8_t* bytes = nullptr;
                const auto size = nghttp2_session_mem_send(session.get(), &bytes);
                if (size < 0)
                    return false;
                if (size == 0)
                    break;
                out.append(h2_text(bytes, static_cast<std::size_t>(size)));
            }
            if (out.empty())
                return true;
            const auto sent = stream.write(out);
            if (sent == over)
                return false;
            if (sent == again)
                return true;
            out.erase(0, static_cast<std::size_t>(sent));
        }
    }

    /// Takes all that is there. False: the connection is over.
    bool take(std::span<char> buffer, bool ending) {
        for (;;) {
            const auto got = stream.read(buffer);
            if (got == again)
                return true;
            if (got == over)
                return false;
            const auto used = nghttp2_session_mem_recv(
                session.get(), reinterpret_cast<const std::uint8_t*>(buffer.data()),
                static_cast<std::size_t>(got));
            if (used < 0)
                return false;
            if (stream.drained(got, buffer.size()) && !ending)
                return true;
        }
    }
};

}  // namespace bench
