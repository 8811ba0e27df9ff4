// SPDX-License-Identifier: Apache-2.0
#include "http/h1/exchange_state.hpp"

namespace sluice::http::h1 {

void exchange_state::clear() {
    head.clear();
    room.reset();
    decoder.reset();
    scan.restart();
    body.release();
    body_left = bytes_in = bytes_out = 0;
    reading.reset();
    writing.reset();
}

}  // namespace sluice::http::h1
