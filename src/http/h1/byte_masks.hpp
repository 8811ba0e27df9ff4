// SPDX-License-Identifier: Apache-2.0
// Which bytes of a text are of a kind, sixteen at a time: a loop over single bytes costs as much as
// the whole rest of reading a head. Used by scan.cpp and split_head.cpp.
#pragma once

#include "sluice/base/bytes.hpp"
#include "sluice/base/strings.hpp"

#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::http::h1 {

constexpr bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// A bit for each byte, the lowest for the first.
using byte_mask = std::uint32_t;
inline constexpr std::size_t mask_width = 16;

// One by one, for machines without the instructions below, and to check them by.
namespace plain {

template <class Test>
constexpr byte_mask mask_by(const char* at, Test test) noexcept {
    byte_mask mask = 0;
    for (std::size_t i = 0; i < mask_width; ++i)
        mask |= static_cast<byte_mask>(test(at[i])) << i;
    return mask;
}

constexpr byte_mask control_bytes(const char* at) noexcept { return mask_by(at, is_control); }

constexpr byte_mask usual_name_bytes(const char* at) noexcept {
    return mask_by(at, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
}

}  // namespace plain

#ifdef __SSE2__

inline __m128i load_block(const char* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Unsigned bytes between `lowest` and `highest`.
inline __m128i in_range(__m128i block, char lowest, char highest) noexcept {
    const __m128i from_zero = _mm_sub_epi8(block, _mm_set1_epi8(lowest));
    const __m128i width = _mm_set1_epi8(static_cast<char>(highest - lowest));
    return _mm_cmpeq_epi8(_mm_min_epu8(from_zero, width), from_zero);
}

inline byte_mask mask_of(__m128i flags) noexcept {
    return static_cast<byte_mask>(_mm_movemask_epi8(flags));
}

/// Which of the sixteen bytes at `at` are control bytes (below 0x20, or DEL).
inline byte_mask control_bytes(const char* at) noexcept {
    const __m128i block = load_block(at);
    return mask_of(
        _mm_or_si128(in_range(block, 0, 0x1F), _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7F))));
}

/// Which of the sixteen bytes at `at` are letters, digits or hyphens: what nearly every field name
/// consists of. Every one of them may stand in a token.
inline byte_mask usual_name_bytes(const char* at) noexcept {
    const __m128i block = load_block(at);
    const __m128i letters = in_range(_mm_or_si128(block, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i others =
        _mm_or_si128(in_range(block, '0', '9'), _mm_cmpeq_epi8(block, _mm_set1_epi8('-')));
    return mask_of(_mm_or_si128(letters, others));
}

#else

using plain::control_bytes;
using plain::usual_name_bytes;

#endif

}  // namespace sluice::http::h1
