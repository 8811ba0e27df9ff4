// SPDX-License-Identifier: Apache-2.0
// A bounded copy of the request body already sent, so that an idempotent request can be sent again
// on another connection. Over the bound the copy is dropped and with it the right to try again.
#pragma once

#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/exchange_io.hpp"

namespace sluice::proxy {

class replay_buffer {
public:
    static constexpr std::size_t most = 64 * 1024;

    /// Starts for a request whose body may be sent twice. Without it nothing is kept.
    void begin() noexcept {
        release();
        wanted_ = true;
    }
    /// Remembers a piece that is about to go out.
    void keep(const http::chunk& piece) {
        began_ = true;
        ended_ = ended_ || piece.last;
        if (!wanted_ || piece.trailers != nullptr || copy_.size() + piece.bytes.size() > most) {
            wanted_ = false;
            copy_.release();
            return;
        }
        copy_.append(piece.bytes);
    }
    /// Remembers the only piece taken so far although its request may not be sent twice: nothing of
    /// it was sent once.
    void hold(const http::chunk& piece) {
        if (!began_ || wanted_ || piece.trailers != nullptr || piece.bytes.size() > most)
            return;
        wanted_ = true;
        copy_.append(piece.bytes);
    }
    /// True when everything taken from the client so far is here (or nothing was taken).
    bool complete() const noexcept { return wanted_ || !began_; }
    /// What was taken so far, as one piece: a view, good until left().
    http::chunk all() noexcept {
        lent_ = true;
        return {copy_.view(), ended_, nullptr};
    }
    /// What was put last has left or was copied, all() among it.
    void left() noexcept {
        lent_ = false;
        drop_unwanted();
    }
    /// The answer is here, so nothing is sent again; a call may go on for days.
    void answered() noexcept {
        wanted_ = false;
        drop_unwanted();
    }
    bool empty() const noexcept { return !began_; }
    void release() noexcept {
        copy_.release();
        wanted_ = began_ = ended_ = lent_ = false;
    }
    /// Bytes of memory it holds.
    std::size_t memory() const noexcept { return copy_.capacity(); }

private:
    void drop_unwanted() noexcept {
        if (!wanted_ && !lent_)
            copy_.release();
    }

    byte_buffer copy_;
    bool wanted_ = false;
    bool began_ = false;
    bool ended_ = false;
    bool lent_ = false;
};

}  // namespace sluice::proxy
