// SPDX-License-Identifier: Apache-2.0
// What a connection is about to write: heads and small pieces copied together, at most one large
// piece, or one of a tunnel, as a view, all of it leaving in one call. Used by both sides of http/h1.
#pragma once

#include "http/h1/write.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/exchange_io.hpp"

namespace sluice::http::h1 {

class send_queue {
public:
    /// Where heads are written.
    byte_buffer& buffer() {
        settle();
        return buffer_;
    }
    /// Queues a piece of a body, framed when `coded` says chunked.
    void put(const chunk& piece, framing::kind coded);
    /// Queues bytes of a tunnel, as a view whatever their size.
    void put_raw(byte_view bytes) {
        settle();
        piece_ = bytes;
    }

    struct written {
        io_state state = io_state::done;  ///< done: nothing is left
        std::size_t bytes = 0;
    };
    /// Writes what is queued. Whatever is left afterwards is a copy.
    written write(net::stream&);
    /// What write() makes of the socket's answer. A socket that is done and took nothing would be
    /// asked for ever: it is broken.
    written took(net::io_result put);

    bool empty() const noexcept { return buffer_.empty() && piece_.empty() && piece_end_.empty(); }
    void release() noexcept {
        buffer_.release();
        piece_ = piece_end_ = {};
    }

private:
    void frame(const chunk& piece);
    void settle();

    byte_buffer buffer_;
    byte_view piece_;
    std::string_view piece_end_;  // static text: the end of a chunk, the last chunk
};

}  // namespace sluice::http::h1
