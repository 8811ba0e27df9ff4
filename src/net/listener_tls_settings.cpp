// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/listener_tls_settings.hpp"

#include "net/pem_content.hpp"

#include <algorithm>

namespace sluice::net {

bool operator==(const pem_file& one, const pem_file& other) noexcept {
    return one.path == other.path &&
           (one.content == other.content ||
            (one.content && other.content && one.content->text() == other.content->text()));
}

client_terms terms_of(const listener_tls_settings& all, const listener_certificate& one) noexcept {
    client_terms terms{one.client_auth.value_or(all.client_auth), {}, {}};
    // Nobody is asked: which CA would have been trusted makes no difference.
    if (terms.auth == client_auth::none)
        return terms;
    const auto& ca = one.client_ca ? one.client_ca : all.client_ca;
    const auto& crl = one.crl || one.client_ca ? one.crl : all.crl;
    if (ca)
        terms.ca = ca->content->text();
    if (crl)
        terms.crl = crl->content->text();
    return terms;
}

bool ask_the_same(const std::optional<listener_tls_settings>& one,
                  const std::optional<listener_tls_settings>& other) noexcept {
    if (!one || !other)
        return !one && !other;
    const auto same_entry = [&](const listener_certificate& a, const listener_certificate& b) {
        return a.names == b.names && terms_of(*one, a) == terms_of(*other, b);
    };
    return one->min_version == other->min_version &&
           std::ranges::equal(one->certificates, other->certificates, same_entry);
}

}  // namespace sluice::net
