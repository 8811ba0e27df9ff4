// SPDX-License-Identifier: Apache-2.0
#include "raw_client.hpp"

#include <thread>
#include <utility>

namespace sluice::conformance {

void raw_client::send_split(std::string_view bytes, std::size_t at) {
    socket_.send(bytes.substr(0, at));
    std::this_thread::
        // lets a worker take the first part; when it does not, the case is the unsplit one
        yield();
    socket_.send(bytes.substr(at));
}

void raw_client::send_bytewise(std::string_view bytes) {
    for (const char& one : bytes) {
        if (!socket_.send({&one, 1}))
            return;
        std::this_thread::yield();
    }
}

answer raw_client::read(body_rule rule) {
    answer got;
    for (;;) {
        const auto state = read_message(in_, rule, got);
        if (state == progress::whole || state == progress::malformed) {
            got.how = state == progress::whole ? ending::whole : ending::malformed;
            in_.erase(0, got.size);
            return got;
        }
        const auto what = socket_.receive(in_);
        if (what == received::bytes)
            continue;
        in_.clear();
        got.how = what == received::reset          ? ending::reset
                  : what == received::nothing      ? ending::timeout
                  : state == progress::until_close ? ending::closed
                                                   : ending::truncated;
        return got;
    }
}

answer raw_client::read_final(body_rule rule) {
    for (;;) {
        auto got = read(rule);
        if (got.how != ending::whole || got.status() >= 200)
            return got;
    }
}

std::string raw_client::read_raw(std::size_t count) {
    while (in_.size() < count && socket_.receive(in_) == received::bytes) {
    }
    return std::exchange(in_, {});
}

bool raw_client::ends() {
    if (!in_.empty())
        return false;
    const auto what = socket_.receive(in_);
    return what == received::end || what == received::reset;
}

}  // namespace sluice::conformance
