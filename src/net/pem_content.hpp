// SPDX-License-Identifier: Apache-2.0
// What is in a PEM file, read by OpenSSL once however many settings name the file. Immutable, and
// one object for equal texts. Private to net; settings hold it in a pem_file.
#pragma once

#include "net/openssl_ptr.hpp"
#include "sluice/base/secret.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

class pem_content {
public:
    using certificate_list = std::vector<openssl_ptr<X509>>;
    using crl_list = std::vector<openssl_ptr<X509_CRL>>;

    /// The content with this text: the one there is while anybody holds it, else a new one.
    static std::shared_ptr<const pem_content> of(std::string text);
    pem_content(const pem_content&) = delete;
    pem_content& operator=(const pem_content&) = delete;

    /// May be a key: never to be shown.
    std::string_view text() const noexcept { return text_.reveal(); }
    /// SHA-256 of the text.
    const std::string& digest() const noexcept { return digest_; }

    // The readers of net/pem.hpp, with what they found the first time. Any thread.
    const certificate_list& certificates(std::string& why) const;
    const openssl_ptr<EVP_PKEY>& private_key(std::string& why) const;
    const crl_list& crls(std::string& why) const;

private:
    explicit pem_content(std::string text);

    template <class T>
    struct found {
        std::once_flag read;
        T objects;
        std::string why;
    };
    template <class T, class Read>
    const T& read_once(found<T>& in, Read read, std::string& why) const;

    secret text_;
    std::string digest_;
    mutable found<certificate_list> certificates_;
    mutable found<openssl_ptr<EVP_PKEY>> private_key_;
    mutable found<crl_list> crls_;
};

}  // namespace sluice::net
