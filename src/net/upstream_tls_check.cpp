// SPDX-License-Identifier: Apache-2.0
#include "net/upstream_tls_check.hpp"

#include "net/pem.hpp"
#include "net/pem_content.hpp"
#include "net/pem_kinds.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/net/address.hpp"
#include "sluice/net/upstream_tls.hpp"

#include <openssl/x509v3.h>

#include <algorithm>

namespace sluice::net {

namespace {

bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253 || text.front() == '.' || text.back() == '.' ||
        text.find("..") != std::string_view::npos)
        return false;
    return std::ranges::all_of(text, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    });
}

// As certificates have it: without brackets, and no path of a socket.
bool is_ip(const std::string& text) {
    const auto v4 = address::parse(text + ":1");
    return (v4 && !v4->is_unix() && !v4->is_v6()) || address::parse("[" + text + "]:1");
}

bool says_more_than_mode(const config::value& from) {
    for (std::size_t i = 0; i < from.size(); ++i)
        if (from[i].key() != "mode")
            return true;
    return false;
}

// Whoever names a certificate believes that TLS is spoken. Without a mode it is not, and requests
// would pass in the clear.
void check_mode(const config::value& from, const upstream_tls_settings& read) {
    if (!says_more_than_mode(from) || read.mode != upstream_tls_mode::disabled)
        return;
    const auto mode = from.find("mode");
    const std::string wanted = from.find("certificate") ? "mode: mtls" : "mode: tls";
    if (!mode)
        from.refuse("nodes are spoken to in plain HTTP, whatever these keys say: mode is disabled "
                    "by default",
                    "mode: tls, mtls or disabled beside them", wanted);
    else if (mode->text() == "disabled")
        mode->warn("nodes are spoken to in plain HTTP, whatever the keys beside it say", wanted);
}

// A certificate needs its key beside it, and mtls needs both.
bool has_pair(const config::value& from, const upstream_tls_settings& read) {
    const auto certificate = from.find("certificate");
    const auto key = from.find("key");
    if (read.mode == upstream_tls_mode::mtls && !certificate && !key) {
        from.find("mode")->refuse("mtls shows nodes a certificate, but none is given",
                                  "certificate and key beside it");
        return false;
    }
    if (certificate && !key)
        certificate->refuse("the certificate has no key", "key beside it");
    if (key && !certificate)
        key->refuse("the key has no certificate", "certificate beside it");
    return certificate && key;
}

void check_pair(const config::value& from, const upstream_tls_settings& read) {
    const auto certificate_at = from.find("certificate");
    const auto key_at = from.find("key");
    std::string why;
    const auto& chain = read.certificate->content->certificates(why);
    const auto& key = read.key->content->private_key(why);
    const auto file = shown_file(*certificate_at, *read.certificate);
    const bool fits = ::X509_check_private_key(chain.front().get(), key.get()) == 1;
    take_openssl_error();
    if (!fits)
        return key_at->refuse(shown_file(*key_at, *read.key) +
                                  " is not the key of the certificate in " + file,
                              "the private key made with the certificate");
    if (::X509_check_purpose(chain.front().get(), X509_PURPOSE_SSL_CLIENT, 0) != 1)
        certificate_at->warn("the certificate in " + file + " is not meant for clients");
    if (read.mode == upstream_tls_mode::tls)
        certificate_at->warn("nodes are not shown the certificate: mode is tls", "mode: mtls");
}

}  // namespace

void server_name::read(const config::value& from, std::string& to) const {
    const std::string text(from.text());
    if (!from.is_text() || (!is_host_name(text) && !is_ip(text)))
        return from.refuse_as(expected());
    to = to_lower(text);
}

void check_upstream_tls(const config::value& from, upstream_tls_settings& read,
                        config::keys_read how) {
    const auto errors_before = from.problems().errors();
    check_mode(from, read);
    const bool paired = has_pair(from, read);
    const bool good = how == config::keys_read::clean && from.problems().errors() == errors_before;
    // Thousands of services show the same certificate: it is looked at once.
    if (good && read.mode == upstream_tls_mode::mtls)
        read.context = upstream_tls::known(read);
    if (paired && !read.context && read.certificate && read.key)
        check_pair(from, read);
    if (how == config::keys_read::refused || from.problems().errors() != errors_before ||
        read.mode == upstream_tls_mode::disabled)
        return;
    if (const auto verify = from.find("verify"); verify && !read.verify)
        verify->warn("nodes need not prove who they are: anybody in between can read and change "
                     "what passes");
    std::string why;
    if (!read.context)
        read.context = upstream_tls::of(read, why);
    if (!read.context)
        from.refuse("TLS cannot be spoken like this: " + why,
                    read.ca ? std::string()
                            : "ca, a file with the authorities that sign for nodes");
}

}  // namespace sluice::net
