// SPDX-License-Identifier: Apache-2.0
#include "http/h1/send_queue.hpp"

#include <algorithm>
#include <array>

namespace sluice::http::h1 {

void send_queue::put(const chunk& piece, framing::kind coded) {
    settle();
    if (coded == framing::kind::chunked)
        frame(piece);
    else
        piece_ = piece.bytes;
    if (piece_.size() <= small_piece)
        settle();
}

void send_queue::frame(const chunk& piece) {
    if (!piece.bytes.empty()) {
        write_chunk_size(buffer_, piece.bytes.size());
        piece_ = piece.bytes;
        piece_end_ = "\r\n";
    }
    if (!piece.last)
        return;
    if (piece.trailers == nullptr) {
        piece_end_ =
            piece.bytes.empty() ? std::string_view{"0\r\n\r\n"} : std::string_view{"\r\n0\r\n\r\n"};
        return;
    }
    settle();
    write_last_chunk(buffer_, piece.trailers);
}

// Turns the view into a copy.
void send_queue::settle() {
    if (!piece_.empty())
        buffer_.append(piece_);
    if (!piece_end_.empty())
        buffer_.append(piece_end_);
    piece_ = piece_end_ = {};
}

send_queue::written send_queue::write(net::stream& socket) {
    if (empty())
        return {};
    // Only what holds bytes: a single piece needs no list of them in the kernel.
    std::array<byte_view, 3> pieces;
    std::size_t count = 0;
    for (const byte_view one : {buffer_.view(), piece_, byte_view(piece_end_)})
        if (!one.empty())
            pieces[count++] = one;
    return took(socket.write({pieces.data(), count}));
}

send_queue::written send_queue::took(net::io_result put) {
    if (put.state == io_state::broken || (put.state == io_state::done && put.bytes == 0))
        return {io_state::broken, 0};
    auto left = put.bytes;
    const auto take = [&left](std::size_t size) {
        const auto part = std::min(left, size);
        left -= part;
        return part;
    };
    buffer_.consume(take(buffer_.size()));
    piece_.remove_prefix(take(piece_.size()));
    piece_end_.remove_prefix(take(piece_end_.size()));
    if (empty()) {
        buffer_.release();  // whoever writes next takes a warm block
        return {io_state::done, put.bytes};
    }
    settle();
    return {io_state::blocked, put.bytes};
}

}  // namespace sluice::http::h1
