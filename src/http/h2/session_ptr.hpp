// SPDX-License-Identifier: Apache-2.0
// What nghttp2 gives out, owned.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string_view>

namespace sluice::http::h2 {

struct free_nghttp2 {
    void operator()(nghttp2_session* one) const noexcept { nghttp2_session_del(one); }
    void operator()(nghttp2_session_callbacks* one) const noexcept {
        nghttp2_session_callbacks_del(one);
    }
    void operator()(nghttp2_option* one) const noexcept { nghttp2_option_del(one); }
};

template <class T>
using nghttp2_ptr = std::unique_ptr<T, free_nghttp2>;

inline std::string_view text_of(nghttp2_rcbuf& from) noexcept {
    const auto bytes = nghttp2_rcbuf_get_buf(&from);
    return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

}  // namespace sluice::http::h2
