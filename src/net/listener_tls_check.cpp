// SPDX-License-Identifier: Apache-2.0
#include "net/listener_tls_check.hpp"

#include "net/certificate_choice.hpp"
#include "net/pem.hpp"
#include "net/pem_content.hpp"
#include "net/pem_kinds.hpp"
#include "net/server_context.hpp"
#include "net/trust.hpp"
#include "sluice/base/strings.hpp"

#include <openssl/x509v3.h>

#include <algorithm>
#include <map>
#include <optional>

namespace sluice::net {

namespace {

std::optional<key_kind> kind_of(EVP_PKEY& key) {
    switch (::EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return key_kind::rsa;
    case EVP_PKEY_EC:
        return key_kind::ecdsa;
    case EVP_PKEY_ED25519:
        return key_kind::ed25519;
    default:
        return {};
    }
}

// What would make clients refuse the certificate, though it can be shown.
void warn_of_use(const config::value& from, const listener_certificate& read, X509& leaf) {
    const auto file = shown_file(from, read.certificate);
    if (::X509_check_purpose(&leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
        from.warn("the certificate in " + file + " is not meant for servers");
    for (const auto& name : read.hosts)
        if (!name.starts_with("*.") &&
            ::X509_check_host(&leaf, name.data(), name.size(), 0, nullptr) != 1)
            from.warn("the certificate in " + file + " does not name " + quoted(name));
}

// Both files are good on their own: whether they are together.
void check_pair(const config::value& certificate_at, const config::value& key_at,
                listener_certificate& read) {
    std::string why;
    const auto& chain = read.certificate.content->certificates(why);
    const auto& key = read.key.content->private_key(why);
    auto& leaf = *chain.front();
    const auto file = shown_file(certificate_at, read.certificate);
    const bool fits = ::X509_check_private_key(&leaf, key.get()) == 1;
    take_openssl_error();
    if (!fits)
        return key_at.refuse(shown_file(key_at, read.key) +
                                 " is not the key of the certificate in " + file,
                             "the private key made with the certificate");
    const auto kind = kind_of(*key);
    if (!kind)
        return key_at.refuse(shown_file(key_at, read.key) + " holds a kind of key TLS clients do "
                                                            "not take",
                             "RSA, ECDSA or Ed25519");
    const auto scratch = make_server_context(tls_version::tls_1_2);
    if (scratch && !show_certificate(*scratch, *read.certificate.content, *read.key.content, why))
        return certificate_at.refuse(file + " cannot be used: " + why);
    read.kind = *kind;
    read.names = read.hosts.empty() ? dns_names(leaf) : read.hosts;
    warn_of_use(certificate_at, read, leaf);
}

// The value of the key where client terms of an entry stand: its own, else the listener's.
std::optional<config::value> place_of(const config::value& entry, const config::value& all,
                                      std::string_view key) {
    auto own = entry.find(key);
    return own ? own : all.find(key);
}

bool lists_fit(const client_terms& terms) {
    std::string why;
    const auto authorities = read_certificates(terms.ca, why);
    const auto lists = read_crls(terms.crl, why);
    return std::ranges::any_of(lists, [&](const auto& list) {
        return std::ranges::any_of(authorities, [&](const auto& one) {
            return ::X509_NAME_cmp(::X509_CRL_get_issuer(list.get()),
                                   ::X509_get_subject_name(one.get())) == 0;
        });
    });
}

// One place is complained about once, however many entries lead there.
class term_complaints {
public:
    void add(const config::value& at, std::string message, std::string expected) {
        if (std::ranges::find(told_, at.where()) != told_.end())
            return;
        told_.push_back(at.where());
        at.refuse(std::move(message), std::move(expected));
    }

private:
    std::vector<config::place> told_;
};

void check_terms(const config::value& all, const config::value& entry,
                 const listener_tls_settings& read, const listener_certificate& one,
                 term_complaints& complaints) {
    const auto auth = one.client_auth.value_or(read.client_auth);
    const auto auth_at = place_of(entry, all, "client_auth");
    const bool has_ca = place_of(entry, all, "client_ca").has_value();
    if (auth != client_auth::none && !has_ca && auth_at)
        complaints.add(*auth_at, "clients are asked for certificates, but nobody signs them",
                       "client_ca beside it");
    const auto own_crl = entry.find("crl");
    if (own_crl && !has_ca)
        complaints.add(*own_crl, "a crl without a client_ca has no use", "client_ca beside it");
    const auto terms = terms_of(read, one);
    const auto crl_at = place_of(entry, all, "crl");
    if (!terms.ca.empty() && !terms.crl.empty() && crl_at && !lists_fit(terms))
        complaints.add(*crl_at, "no list in it is by an authority of client_ca",
                       "a list by whoever signs the clients' certificates");
}

// A client_ca looks as if clients were checked: when none ever is, that is said.
void warn_of_idle_ca(const config::value& all, const listener_tls_settings& read) {
    bool listener_used = false;
    const auto entries = all.find("certificates");
    for (std::size_t i = 0; i < read.certificates.size(); ++i) {
        const auto& one = read.certificates[i];
        const bool asks = one.client_auth.value_or(read.client_auth) != client_auth::none;
        listener_used = listener_used || (asks && !one.client_ca);
        const auto entry = (*entries)[i];
        if (const auto at = entry.find("client_ca"); at && !asks)
            at->warn("no client is asked for a certificate: client_auth is none");
    }
    if (const auto at = all.find("client_ca"); at && !listener_used)
        at->warn("no client is asked for a certificate: client_auth is none");
}

// Which of two certificates a name gets may depend on their order; whom its clients must be from
// may not.
void check_names(const config::value& entries, const listener_tls_settings& read) {
    const auto& all = read.certificates;
    std::map<std::string_view, std::size_t> first_for;
    for (std::size_t i = 0; i < all.size(); ++i)
        for (const auto& name : all[i].names) {
            const auto first = first_for.try_emplace(name, i).first->second;
            if (terms_of(read, all[first]) == terms_of(read, all[i]))
                continue;
            const auto entry = entries[i];
            entry.refuse(quoted(name) + " has another certificate at " +
                             entries.problems().name_of(entries[first].where()) +
                             ", which asks clients for other certificates",
                         "the same client_ca, client_auth and crl, or hosts that differ");
            break;
        }
}

void warn_of_unused(const config::value& entries, const listener_tls_settings& read) {
    const certificate_choice choice(read);
    std::vector<bool> used(read.certificates.size(), false);
    for (const auto& group : choice.groups())
        for (const auto i : group)
            used[i] = true;
    for (std::size_t i = 0; i < used.size(); ++i)
        if (!used[i] && read.certificates[i].names.empty() &&
            !(terms_of(read, read.certificates[i]) == terms_of(read, read.certificates.front())))
            entries[i].refuse("the certificate names no host, so its client_auth protects nobody",
                              "hosts beside it");
        else if (!used[i])
            entries[i].warn(read.certificates[i].names.empty()
                                ? "the certificate names no host, so no client is shown it"
                                : "earlier certificates are for all its hosts, so no client is "
                                  "shown it");
}

}  // namespace

void check_certificate(const config::value& from, listener_certificate& read,
                       config::keys_read how) {
    const auto certificate = from.find("certificate");
    const auto key = from.find("key");
    if (how == config::keys_read::clean && certificate && key)
        check_pair(*certificate, *key, read);
}

void check_listener_tls(const config::value& from, const listener_tls_settings& read,
                        config::keys_read how) {
    const auto entries = from.find("certificates");
    if (!entries || !entries->is_list())
        return;
    const auto errors_before = from.problems().errors();
    if (const auto crl = from.find("crl"); crl && !from.find("client_ca"))
        crl->refuse("a crl without a client_ca has no use", "client_ca beside it");
    term_complaints complaints;
    for (std::size_t i = 0; i < read.certificates.size(); ++i) {
        const auto entry = (*entries)[i];
        check_terms(from, entry, read, read.certificates[i], complaints);
    }
    if (how == config::keys_read::refused || from.problems().errors() != errors_before)
        return;
    warn_of_idle_ca(from, read);
    check_names(*entries, read);
    if (from.problems().errors() == errors_before)
        warn_of_unused(*entries, read);
}

}  // namespace sluice::net
