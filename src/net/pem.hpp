// SPDX-License-Identifier: Apache-2.0
// What stands in PEM files: certificates, keys, revocation lists. Texts in, OpenSSL's objects or a
// reason in words out; no files, no configuration. Used while a configuration is read and when a
// TLS context is made from it.
#pragma once

#include "net/openssl_ptr.hpp"

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

/// All certificates of a file in its order. None means failure; `why` says which.
std::vector<openssl_ptr<X509>> read_certificates(std::string_view pem, std::string& why);
/// The first private key. Null means failure; an encrypted one is refused.
openssl_ptr<EVP_PKEY> read_private_key(std::string_view pem, std::string& why);
/// All revocation lists. None means failure.
std::vector<openssl_ptr<X509_CRL>> read_crls(std::string_view pem, std::string& why);

/// The DNS names a certificate is for, lower case, without those no name can match.
std::vector<std::string> dns_names(const X509&);
/// A name on one line (RFC 2253): most specific first, everything but visible ASCII escaped.
std::string one_line(const X509_NAME&);
/// `2031-05-06T07:08:09Z`, or "?" for a time that is none.
std::string time_text(const ASN1_TIME&);

/// The newest complaint of OpenSSL in words; forgets all of them.
std::string take_openssl_error();

}  // namespace sluice::net
