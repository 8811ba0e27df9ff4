// SPDX-License-Identifier: Apache-2.0
// Names for secrets and settings that tell them apart and give nothing away. Used for the identities
// of contexts and sessions.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <string>
#include <string_view>

namespace sluice::net {

/// 32 bytes.
inline std::string sha256(std::string_view text) {
    std::array<unsigned char, 32> out{};
    ::EVP_Digest(text.data(), text.size(), out.data(), nullptr, ::EVP_sha256(), nullptr);
    return {reinterpret_cast<const char*>(out.data()), out.size()};
}

}  // namespace sluice::net
