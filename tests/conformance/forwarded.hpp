// SPDX-License-Identifier: Apache-2.0
// What a node must see of a request: every byte of its head, in order.
#pragma once

#include "message.hpp"

#include <string>
#include <string_view>

namespace sluice::conformance {

/// A request as the gateway sends it, from a client on 127.0.0.1 that it does not trust.
struct expected_request {
    std::string line = "GET / HTTP/1.1";
    std::string fields = {};   ///< the client's own, with line ends
    std::string framing = {};  ///< the same
    std::string body = {};
    std::string trailers = {};
    std::string host = "a";
    std::string last = {};  ///< behind the framing: Connection, Upgrade, TE

    std::string head() const {
        return line + "\r\nHost: " + host + "\r\n" + fields +
               "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n" +
               "X-Forwarded-Host: " + host + "\r\nX-Request-Id: *\r\n" + framing + last + "\r\n";
    }
};

inline std::string describe(const message& one) {
    return one.head + "|" + one.body + "|" + one.trailers;
}
inline std::string describe(const expected_request& one) {
    return one.head() + "|" + one.body + "|" + one.trailers;
}

}  // namespace sluice::conformance
