// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace sluice {

bool secret::matches(std::string_view candidate) const noexcept {
    // Digests have one length, so not even the secret's length can be timed.
    unsigned char mine[SHA256_DIGEST_LENGTH];
    unsigned char theirs[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text_.data()), text_.size(), mine);
    SHA256(reinterpret_cast<const unsigned char*>(candidate.data()), candidate.size(), theirs);
    return CRYPTO_memcmp(mine, theirs, sizeof mine) == 0;
}

}  // namespace sluice
