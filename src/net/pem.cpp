// SPDX-License-Identifier: Apache-2.0
#include "net/pem.hpp"

#include "sluice/base/strings.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace sluice::net {

namespace {

openssl_ptr<BIO> reader_of(std::string_view text) {
    return openssl_ptr<BIO>(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Whether reading ended because nothing of the kind follows, not because something is broken.
bool at_end() noexcept {
    const auto code = ::ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

// Every object of one kind; `read_one` is OpenSSL's reader of it.
template <class T, class ReadOne>
std::vector<openssl_ptr<T>> read_all(std::string_view pem, std::string_view kind, ReadOne read_one,
                                     std::string& why) {
    ::ERR_clear_error();
    std::vector<openssl_ptr<T>> all;
    const auto from = reader_of(pem);
    while (T* const one = read_one(from.get(), nullptr, nullptr, nullptr))
        all.emplace_back(one);
    const bool whole = at_end();
    const auto complaint = take_openssl_error();
    if (!whole) {
        why = fmt::format("a {} in it is broken: {}", kind, complaint);
        all.clear();
    } else if (all.empty()) {
        why = fmt::format("it holds no {} in PEM form", kind);
    }
    return all;
}

// Asked for the password of an encrypted key: there is none, but now we know.
int note_password(char*, int, int, void* asked) noexcept {
    *static_cast<bool*>(asked) = true;
    return -1;
}

std::string text_of(const ASN1_STRING& one) {
    return {reinterpret_cast<const char*>(::ASN1_STRING_get0_data(&one)),
            static_cast<std::size_t>(::ASN1_STRING_length(&one))};
}

// A name or a wildcard for one whole label. Others, such as `w*.example.com`, match nothing here
// (RFC 6125 section 7.2 gives the reasons).
bool can_match(std::string_view name) {
    if (name.starts_with("*."))
        name.remove_prefix(2);
    return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    });
}

}  // namespace

std::vector<openssl_ptr<X509>> read_certificates(std::string_view pem, std::string& why) {
    return read_all<X509>(pem, "certificate", ::PEM_read_bio_X509, why);
}

std::vector<openssl_ptr<X509_CRL>> read_crls(std::string_view pem, std::string& why) {
    return read_all<X509_CRL>(pem, "revocation list", ::PEM_read_bio_X509_CRL, why);
}

openssl_ptr<EVP_PKEY> read_private_key(std::string_view pem, std::string& why) {
    ::ERR_clear_error();
    bool encrypted = false;
    const auto from = reader_of(pem);
    openssl_ptr<EVP_PKEY> key(
        ::PEM_read_bio_PrivateKey(from.get(), nullptr, note_password, &encrypted));
    const bool nothing = pem.find("PRIVATE KEY-----") == pem.npos;
    const auto complaint = take_openssl_error();
    if (encrypted)
        why = "its key is encrypted, and there is nobody to ask for the password";
    else if (!key)
        why = nothing ? "it holds no private key in PEM form" : "its key is broken: " + complaint;
    return key;
}

std::vector<std::string> dns_names(const X509& one) {
    std::vector<std::string> names;
    auto* const all = static_cast<GENERAL_NAMES*>(
        ::X509_get_ext_d2i(&one, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
        int kind = 0;
        const void* const value = ::GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all, i), &kind);
        if (kind != GEN_DNS)
            continue;
        auto name = to_lower(text_of(*static_cast<const ASN1_STRING*>(value)));
        if (can_match(name) && std::ranges::find(names, name) == names.end())
            names.push_back(std::move(name));
    }
    ::GENERAL_NAMES_free(all);
    ::ERR_clear_error();
    return names;
}

std::string one_line(const X509_NAME& name) {
    const openssl_ptr<BIO> to(::BIO_new(::BIO_s_mem()));
    // XN_FLAG_RFC2253 escapes controls and everything above ASCII as \XX.
    if (::X509_NAME_print_ex(to.get(), &name, 0, XN_FLAG_RFC2253) < 0)
        return {};
    char* text = nullptr;
    const auto size = BIO_get_mem_data(to.get(), &text);
    return {text, static_cast<std::size_t>(std::max(size, 0L))};
}

std::string time_text(const ASN1_TIME& when) {
    std::tm parts{};
    if (::ASN1_TIME_to_tm(&when, &parts) != 1)
        return "?";
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string take_openssl_error() {
    const auto code = ::ERR_peek_last_error();
    ::ERR_clear_error();
    if (code == 0)
        return "no reason given";
    const char* const reason = ::ERR_reason_error_string(code);
    return reason != nullptr ? reason : fmt::format("error {:#x}", code);
}

}  // namespace sluice::net
