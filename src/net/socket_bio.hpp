// SPDX-License-Identifier: Apache-2.0
// What OpenSSL reads and writes through: the descriptor of a watched socket, unbuffered, asked only
// when its flag is up. OpenSSL's own socket BIO would ask the kernel each time and raise SIGPIPE.
#pragma once

#include "sluice/runtime/poll_set.hpp"

struct bio_st;

namespace sluice::net {

/// A BIO over `socket`, which must outlive it. Null when out of memory. The SSL object that gets it
/// owns it.
bio_st* make_socket_bio(runtime::watched& socket);

}  // namespace sluice::net
