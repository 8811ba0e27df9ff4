// SPDX-License-Identifier: Apache-2.0
// PROXY headers of any bytes. However they are cut, the verdict is the same; what comes behind a
// whole header changes nothing; and a version 1 header says what it says when it is written again.
#include "net/proxy_header.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using sluice::net::proxy_header;
using sluice::net::read_proxy_header;
using state = proxy_header::state;

void require(bool holds) {
    if (!holds)
        std::abort();
}

void require_same(const proxy_header& a, const proxy_header& b) {
    require(a.at == b.at && a.size == b.size && a.client == b.client && a.why == b.why);
}

// Nothing shorter was whole, nothing longer is another header.
void check_complete(std::string_view bytes, const proxy_header& read) {
    require(read.size > 0 && read.size <= bytes.size() && read.size <= proxy_header::longest);
    const auto header = bytes.substr(0, read.size);
    require_same(read_proxy_header(header), read);
    require_same(read_proxy_header(std::string(header) + "PROXY UNKNOWN\r\n"), read);
    for (std::size_t size = 0; size < header.size(); size += std::max<std::size_t>(1, size / 16))
        require(read_proxy_header(header.substr(0, size)).at == state::incomplete);
    require(read_proxy_header(header.substr(0, header.size() - 1)).at == state::incomplete);
    if (!read.client)
        return;
    const auto& client = *read.client;
    require(!client.is_unix() && client.unmapped() == client);
    const auto again = std::string(client.is_v6() ? "PROXY TCP6 " : "PROXY TCP4 ") + client.ip() +
                       (client.is_v6() ? " ::1 " : " 127.0.0.1 ") + std::to_string(client.port()) +
                       " 1\r\n";
    const auto read_again = read_proxy_header(again);
    require(read_again.size == again.size() && read_again.client == client);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(input), size);
    const auto read = read_proxy_header(bytes);
    switch (read.at) {
    case state::complete:
        require(read.why.empty());
        check_complete(bytes, read);
        break;
    case state::incomplete:
        require(size < proxy_header::longest && !read.client && read.why.empty());
        break;
    case state::malformed:
        require(!read.client && read.size == 0 && !read.why.empty());
        require(read_proxy_header(std::string(bytes) + "\r\n").at == state::malformed);
        require(read_proxy_header(bytes.substr(0, size - 1)).at != state::complete);
        break;
    }
    return 0;
}
