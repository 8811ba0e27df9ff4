// SPDX-License-Identifier: Apache-2.0
// TLS on one connection, spoken by OpenSSL on the socket itself (docs/adr/0009). Made by a TLS
// context (net/tls.hpp), owned by the net::stream it secures; knows nothing of certificates and
// configuration. Thread: the worker of the stream.
#pragma once

#include "sluice/base/bytes.hpp"
#include "sluice/net/io_state.hpp"
#include "sluice/runtime/poll_set.hpp"

#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace sluice::net {

/// What a finished handshake agreed on. Views into the session, valid as long as it.
struct tls_facts {
    std::string_view protocol;     ///< TLSv1.2, TLSv1.3
    std::string_view alpn;         ///< http/1.1; empty when nothing was agreed
    std::string_view server_name;  ///< SNI as asked for; empty without
    bool resumed = false;          ///< no certificate was shown anew
};

class tls_session {
public:
    /// Takes ownership of `made`, in its client or server role already (SSL_set_connect_state,
    /// SSL_set_accept_state).
    explicit tls_session(ssl_st* made) noexcept : ssl_(made) {}
    /// Says close_notify if that is still owed and possible at once: before the socket closes.
    ~tls_session();
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;

    /// From now on OpenSSL reads and writes `socket`, which must outlive this. False when out of
    /// memory.
    bool attach(runtime::watched& socket) noexcept;

    /// Goes on with the handshake. blocked: await wants(). broken: failure() says why.
    io_state handshake() noexcept;
    /// The direction a blocked handshake waits for.
    runtime::direction wants() const noexcept { return wants_; }
    bool established() const noexcept { return established_; }

    /// As net::stream offers them. An end without close_notify is broken, because it may be an
    /// attacker's (RFC 8446 section 6.1).
    io_result read(mutable_bytes room) noexcept;
    io_result write(std::span<const byte_view> pieces) noexcept;

    /// Sends close_notify. blocked: await room to write and call again.
    io_state shut_write() noexcept;
    /// Nothing more is said, so that the other side sees a truncated stream.
    void abandon() noexcept { abandoned_ = true; }
    /// While unused: the other side ended it, or sent application bytes. Session tickets and key
    /// updates are taken in and are no reason.
    bool stale() noexcept;

    tls_facts facts() const noexcept;
    /// Why the handshake or the connection broke, in a few words for logs: the reason a certificate
    /// was refused, the alert the other side sent. Empty while nothing did.
    const std::string& failure() const noexcept { return failure_; }
    /// The other side broke the rules of TLS or ended by an alert; the socket alone did not.
    bool protocol_failed() const noexcept { return protocol_failed_; }

    ssl_st* native() const noexcept { return ssl_; }

private:
    io_state judge(int result, runtime::direction which) noexcept;
    void fail(int kind, int socket_error) noexcept;

    ssl_st* ssl_;
    runtime::watched* socket_ = nullptr;
    std::string failure_;
    runtime::direction wants_ = runtime::direction::out;
    bool established_ = false;
    bool ended_ = false;  // the other side's close_notify came
    bool in_broken_ = false;
    bool out_broken_ = false;
    bool protocol_failed_ = false;
    bool record_pending_ = false;  // a record left in part: nothing else may be written before it
    bool shut_wanted_ = false;
    bool shut_ = false;  // our close_notify left
    bool abandoned_ = false;
};

}  // namespace sluice::net
