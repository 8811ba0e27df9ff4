// SPDX-License-Identifier: Apache-2.0
#include "net/pem_content.hpp"

#include "net/digest.hpp"
#include "net/pem.hpp"
#include "net/shared_objects.hpp"

#include <functional>
#include <utility>

namespace sluice::net {

namespace {

// Found by a hash: two texts that share one are not shared, which costs time and nothing else.
shared_objects<std::size_t, pem_content>& all_contents() {
    static shared_objects<std::size_t, pem_content> all;
    return all;
}

}  // namespace

pem_content::pem_content(std::string text)
    : text_(std::move(text)), digest_(sha256(text_.reveal())) {}

std::shared_ptr<const pem_content> pem_content::of(std::string text) {
    const auto hash = std::hash<std::string_view>()(text);
    const auto known = all_contents().find(hash);
    if (known && known->text() == text)
        return known;
    std::shared_ptr<const pem_content> made(new pem_content(std::move(text)));
    const auto stays = all_contents().add(hash, made);
    return stays->text() == made->text() ? stays : made;
}

template <class T, class Read>
const T& pem_content::read_once(found<T>& in, Read read, std::string& why) const {
    std::call_once(in.read, [&] { in.objects = read(text(), in.why); });
    if (!in.why.empty())
        why = in.why;
    return in.objects;
}

const pem_content::certificate_list& pem_content::certificates(std::string& why) const {
    return read_once(certificates_, read_certificates, why);
}

const openssl_ptr<EVP_PKEY>& pem_content::private_key(std::string& why) const {
    return read_once(private_key_, read_private_key, why);
}

const pem_content::crl_list& pem_content::crls(std::string& why) const {
    return read_once(crls_, read_crls, why);
}

}  // namespace sluice::net
