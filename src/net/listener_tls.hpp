// SPDX-License-Identifier: Apache-2.0
// TLS as one listener speaks it: its certificates, chosen by the name a client asks for, and whom
// clients must be from. Immutable and shared by all workers; made on the control thread, again only
// when its settings changed. Used by http/connection, which drives the handshakes.
#pragma once

#include "net/certificate_choice.hpp"
#include "net/ticket_keys.hpp"
#include "sluice/net/listener_tls_settings.hpp"
#include "sluice/net/tls_session.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;

namespace sluice::net {

/// What a finished handshake says about a client.
struct client_standing {
    std::size_t terms = 0;  ///< what listener_tls::terms_for() says of the name it asked for
    /// The subject of its verified certificate on one line (RFC 2253), visible ASCII; empty when it
    /// showed none.
    std::string subject;
};

class listener_tls {
public:
    /// The longest subject that is passed on; a connection with a longer one is refused, because a
    /// subject cut short may be somebody else's.
    static constexpr std::size_t longest_subject = 2048;

    /// `settings` were read and found good. `name` is the listener's: tickets of one are worth
    /// nothing at another. Throws std::runtime_error when OpenSSL refuses all the same.
    /// `protocols`, the names of ALPN (RFC 7301) in the order they are preferred, are static texts.
    listener_tls(const listener_tls_settings&, std::string_view name, std::shared_ptr<ticket_keys>,
                 std::vector<std::string_view> protocols);
    ~listener_tls();
    listener_tls(const listener_tls&) = delete;
    listener_tls& operator=(const listener_tls&) = delete;

    /// The server's side of a new connection; this must outlive it. Null when out of memory. Any
    /// thread.
    std::unique_ptr<tls_session> accept() const;

    /// Whose clients may ask for `host` (lower case, no port): a connection must have been made
    /// under the same terms, or the client certificate it showed, if any, is not the one wanted
    /// there.
    std::size_t terms_for(std::string_view host) const noexcept {
        return all_alike_ ? 0 : terms_[choice_.group_of(host)];
    }

    /// What the finished handshake of a session of accept() says. False when its subject cannot be
    /// passed on.
    bool read_standing(const tls_session&, client_standing&) const;

private:
    struct context;
    friend struct listener_tls_callbacks;

    struct known_terms;
    void add_context(const listener_tls_settings&, const certificate_choice::group&,
                     std::string_view name, known_terms&);

    certificate_choice choice_;
    std::shared_ptr<ticket_keys> tickets_;
    std::vector<std::string_view> protocols_;
    // by group; the first is the default
    std::vector<std::unique_ptr<context>> contexts_;
    std::vector<std::size_t> terms_;
    bool all_alike_ = true;  // one set of terms for every name
};

}  // namespace sluice::net
