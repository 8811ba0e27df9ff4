// SPDX-License-Identifier: Apache-2.0
// How anything on the request path fails: a code, whose fault it is, and whether trying again may
// help. Values only; nothing here throws. What a client is told for each code stands in
// http/local_reply.cpp.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string_view>

namespace sluice {

using error_code = boost::system::error_code;

/// Why an exchange, a connection or a file failed. The words the outside world sees (contract:
/// "What the gateway answers itself" and the access log's `error`) are mapped from these in one
/// place.
enum class errc {
    bad_request = 1,        ///< malformed or ambiguous request; 400
    no_route,               ///< nothing matches; 404
    request_timeout,        ///< head or body of the request too slow; 408
    body_too_large,         ///< over limits.body; 413
    expectation_failed,     ///< an Expect other than 100-continue; 417
    misdirected,            ///< Host is not covered by the connection's TLS terms; 421
    head_too_large,         ///< over limits.head, .line or .headers; 431
    not_implemented,        ///< a transfer coding we do not decode, CONNECT, TRACE; 501
    version_not_supported,  ///< not HTTP/1.x; 505
    no_healthy_node,        ///< the service has no node to try; 503
    overloaded,             ///< a pool or a breaker is full; 503
    connect_failed,         ///< refused, unreachable or too slow to connect; 502
    tls_failed,             ///< no TLS with the node, or its certificate was refused; 502
    upstream_closed,        ///< the node closed or reset before its answer was whole; 502
    bad_upstream_message,   ///< the node's answer breaks HTTP; 502
    upstream_timeout,       ///< the node's head or next bytes did not come in time; 504
    client_gone,            ///< the client left; logged as 499
    client_too_slow,        ///< the client does not read the response
    shutting_down,          ///< the drain deadline cut what was left
};

/// Whose fault a failure is. Set where the failure is born, never guessed later.
enum class blame { client, upstream, gateway };

/// Whether another attempt is safe: never, only when the connection came from the pool (its node
/// may have closed it while it was idle), always because no byte of the request went out, or
/// whatever the request was because the node said that it did not look at it (RFC 9113 section 8.7).
enum class retry_hint { never, if_reused, always, unprocessed };

/// A failed step of an exchange. `stage` is static text for logs ("connect", "response head").
struct failure {
    errc code;
    blame who;
    retry_hint retry = retry_hint::never;
    std::string_view stage = {};
};

/// The value of a step that can fail, or why it failed.
template <class T = void>
using outcome = boost::system::result<T, failure>;

/// Called by outcome<T>::value() on a failure, which is a bug of ours: ends the process.
[[noreturn]] void throw_exception_from_error(const failure&, const boost::source_location&);

}  // namespace sluice
