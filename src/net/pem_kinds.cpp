// SPDX-License-Identifier: Apache-2.0
#include "net/pem_kinds.hpp"

#include "net/pem.hpp"
#include "net/pem_content.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/config/kinds.hpp"
#include "sluice/config/load.hpp"

#include <optional>

namespace sluice::net {

namespace {

// System bundles of authorities have 250 KiB; revocation lists of large authorities some MiB.
constexpr std::size_t most_bytes = 16 << 20;

// The file a value names, or nothing after a complaint.
std::optional<pem_file> read_file(const config::value& from, const std::string& expected) {
    if (!from.is_text()) {
        from.refuse_as(expected);
        return {};
    }
    std::string path;
    config::text{}.read(from, path);
    if (path.empty())
        return {};
    pem_file file{path.starts_with('/') ? path : from.directory() + path, {}};
    std::string why;
    auto content = config::machine().read(file.path, most_bytes, why);
    if (!content) {
        from.refuse(shown_file(from, file) + " cannot be read: " + why, expected);
        return {};
    }
    file.content = pem_content::of(std::move(*content));
    return file;
}

void refuse(const config::value& from, const pem_file& file, const std::string& why,
            const std::string& expected) {
    from.refuse(shown_file(from, file) + " cannot be used: " + why, expected);
}

void warn_of_dates(const config::value& from, const pem_file& file, const X509& one) {
    const auto* const begin = ::X509_get0_notBefore(&one);
    const auto* const end = ::X509_get0_notAfter(&one);
    if (::X509_cmp_current_time(end) < 0)
        from.warn("the certificate in " + shown_file(from, file) + " expired at " +
                  time_text(*end));
    else if (::X509_cmp_current_time(begin) > 0)
        from.warn("the certificate in " + shown_file(from, file) + " is not valid before " +
                  time_text(*begin));
}

}  // namespace

std::string shown_file(const config::value& from, const pem_file& file) {
    return from.is_hidden() ? "the file" : quoted(file.path);
}

void certificate_file::read(const config::value& from, pem_file& to) const {
    auto file = read_file(from, expected());
    if (!file)
        return;
    std::string why;
    const auto& chain = file->content->certificates(why);
    if (chain.empty())
        return refuse(from, *file, why, expected());
    warn_of_dates(from, *file, *chain.front());
    to = std::move(*file);
}

void key_file::read(const config::value& from, pem_file& to) const {
    auto file = read_file(from, expected());
    if (!file)
        return;
    std::string why;
    if (!file->content->private_key(why))
        return refuse(from, *file, why, expected());
    to = std::move(*file);
}

void ca_file::read(const config::value& from, pem_file& to) const {
    auto file = read_file(from, expected());
    if (!file)
        return;
    std::string why;
    const auto& authorities = file->content->certificates(why);
    if (authorities.empty())
        return refuse(from, *file, why, expected());
    bool has_root = false;
    for (const auto& one : authorities) {
        warn_of_dates(from, *file, *one);
        has_root = has_root || ::X509_self_signed(one.get(), 0) == 1;
    }
    // What such a file trusts is nobody: a chain has to end in a root.
    if (!has_root)
        from.warn("no certificate in " + shown_file(from, *file) +
                  " is a root, so nobody's can be verified");
    to = std::move(*file);
}

void crl_file::read(const config::value& from, pem_file& to) const {
    auto file = read_file(from, expected());
    if (!file)
        return;
    std::string why;
    const auto& lists = file->content->crls(why);
    if (lists.empty())
        return refuse(from, *file, why, expected());
    for (const auto& one : lists) {
        const auto* const next = ::X509_CRL_get0_nextUpdate(one.get());
        if (next != nullptr && ::X509_cmp_current_time(next) < 0)
            from.warn("a revocation list in " + shown_file(from, *file) + " is out of date since " +
                      time_text(*next) + ": whoever it speaks of is refused");
    }
    to = std::move(*file);
}

}  // namespace sluice::net
