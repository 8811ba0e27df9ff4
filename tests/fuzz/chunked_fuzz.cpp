// SPDX-License-Identifier: Apache-2.0
// Chunked bodies of any bytes: however the input is cut, content, trailers and verdict are the
// same, and no trailer ever carries what frames or routes a message.
#include "http/h1/chunked.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using sluice::http::field_id;
using sluice::http::limits;
using sluice::http::h1::chunk_decoder;

void require(bool holds) {
    if (!holds)
        std::abort();
}

struct reading {
    chunk_decoder::state at = chunk_decoder::state::need_more;
    std::string content;
    std::size_t consumed = 0;
    std::vector<std::pair<std::string, std::string>> trailers;
    std::string_view reason;
};

void drain(chunk_decoder& decoder, std::string_view available, const limits& bounds,
           reading& so_far) {
    do {
        const auto step = decoder.next(available.substr(so_far.consumed), bounds);
        require(step.consumed <= available.size() - so_far.consumed);
        so_far.consumed += step.consumed;
        so_far.content += step.content;
        so_far.at = step.at;
        so_far.reason = step.reason;
    } while (so_far.at == chunk_decoder::state::content);
    if (so_far.at != chunk_decoder::state::end)
        return;
    for (const auto& one : decoder.trailers()) {
        require(sluice::http::identify(one.name, sluice::http::spelling::underscore_is_hyphen) ==
                field_id::other);
        so_far.trailers.emplace_back(one.name, one.value);
    }
}

// Each bit of `cuts` says whether a piece of one or of several bytes comes next.
reading read_in_pieces(std::string_view input, std::uint8_t cuts, const limits& bounds) {
    chunk_decoder decoder;
    reading pieces;
    std::size_t length = 0;
    for (unsigned turn = 0; pieces.at == chunk_decoder::state::need_more && length < input.size();
         ++turn) {
        length = std::min(input.size(), length + ((cuts >> (turn % 8) & 1U) != 0 ? 1 : 7));
        drain(decoder, input.substr(0, length), bounds, pieces);
    }
    return pieces;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 3)
        return 0;
    limits bounds;
    if ((bytes[0] & 1U) != 0)
        bounds = {.head = 64, .line = 32, .headers = 3, .body = {}, .connections = 1};
    const std::string_view input{reinterpret_cast<const char*>(bytes) + 2, size - 2};

    chunk_decoder decoder;
    reading whole;
    drain(decoder, input, bounds, whole);
    const reading pieces = read_in_pieces(input, bytes[1], bounds);
    require(pieces.at == whole.at && pieces.content == whole.content);
    require(pieces.trailers == whole.trailers && pieces.reason == whole.reason);
    require(whole.at == chunk_decoder::state::failed || pieces.consumed == whole.consumed);
    return 0;
}
