// SPDX-License-Identifier: Apache-2.0
// Field names to ids, and the small operations of heads. identify() runs once for every field line
// received, so it looks at the length and the first letter before it compares anything.
#include "sluice/http/head.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace sluice::http {

namespace {

struct known_name {
    std::string_view text;
    field_id id;
};

constexpr std::array known_names{
    known_name{"te", field_id::te},
    known_name{"date", field_id::date},
    known_name{"host", field_id::host},
    known_name{"cookie", field_id::cookie},
    known_name{"expect", field_id::expect},
    known_name{"trailer", field_id::trailer},
    known_name{"upgrade", field_id::upgrade},
    known_name{"forwarded", field_id::forwarded},
    known_name{"connection", field_id::connection},
    known_name{"keep-alive", field_id::keep_alive},
    known_name{"content-type", field_id::content_type},
    known_name{"max-forwards", field_id::max_forwards},
    known_name{"x-request-id", field_id::x_request_id},
    known_name{"content-length", field_id::content_length},
    known_name{"http2-settings", field_id::http2_settings},
    known_name{"x-forwarded-for", field_id::x_forwarded_for},
    known_name{"proxy-connection", field_id::proxy_connection},
    known_name{"x-client-subject", field_id::x_client_subject},
    known_name{"x-forwarded-host", field_id::x_forwarded_host},
    known_name{"x-forwarded-port", field_id::x_forwarded_port},
    known_name{"transfer-encoding", field_id::transfer_encoding},
    known_name{"x-forwarded-proto", field_id::x_forwarded_proto},
    known_name{"proxy-authenticate", field_id::proxy_authenticate},
    known_name{"proxy-authorization", field_id::proxy_authorization},
};
static_assert(std::ranges::is_sorted(known_names, {},
                                     [](const known_name& one) { return one.text.size(); }));
static_assert(known_names[0].text.size() < 4 && known_names[1].text.size() >= 4);

constexpr std::size_t longest_name = known_names.back().text.size();
constexpr std::string_view forwarded_family = "x-forwarded-";

// For each length: where its names start in the table; the next entry says where they end.
constexpr auto first_of_length = [] {
    std::array<unsigned char, longest_name + 2> first{};
    std::size_t at = 0;
    for (std::size_t length = 0; length < first.size(); ++length) {
        while (at < known_names.size() && known_names[at].text.size() < length)
            ++at;
        first[length] = static_cast<unsigned char>(at);
    }
    return first;
}();

// A flag for each letter that starts any known name or the X-Forwarded family: most names end here.
constexpr auto starts_a_name = [] {
    std::array<bool, 256> starts{};
    for (const known_name& one : known_names) {
        starts[static_cast<unsigned char>(one.text[0])] = true;
        starts[static_cast<unsigned char>(one.text[0] - 'a' + 'A')] = true;
    }
    return starts;
}();

template <spelling How>
bool matches(std::string_view name, std::string_view lower) noexcept {
    for (std::size_t i = 0; i < lower.size(); ++i) {
        const char c = to_lower(name[i]);
        if (c != lower[i] &&
            !(How == spelling::underscore_is_hyphen && c == '_' && lower[i] == '-'))
            return false;
    }
    return true;
}

// The ends of a name in lower case, eight bytes each (four of shorter names), which may overlap:
// two comparisons tell nearly every name from the others of its length. Setting the bit of lower
// case takes letters to letters and changes no other character of a token into one of these names.
struct name_ends {
    std::uint64_t front = 0;
    std::uint64_t back = 0;
    bool operator==(const name_ends&) const = default;
};

template <class Word>
constexpr name_ends ends_by(std::string_view name) noexcept {
    constexpr auto lower_case = static_cast<Word>(0x2020202020202020);
    const auto word = [](const char* at) {
        std::array<char, sizeof(Word)> bytes{};
        std::copy_n(at, sizeof(Word), bytes.begin());
        return static_cast<Word>(std::bit_cast<Word>(bytes) | lower_case);
    };
    return {word(name.data()), word(name.data() + name.size() - sizeof(Word))};
}

// Of a name of four bytes at least.
constexpr name_ends ends_of(std::string_view name) noexcept {
    return name.size() < sizeof(std::uint64_t) ? ends_by<std::uint32_t>(name)
                                               : ends_by<std::uint64_t>(name);
}

constexpr std::size_t shortest_by_ends = sizeof(std::uint32_t);
constexpr std::size_t whole_in_ends = 2 * sizeof(std::uint64_t);

constexpr auto known_ends = [] {
    std::array<name_ends, known_names.size()> ends{};
    for (std::size_t at = 0; at < ends.size(); ++at)
        if (known_names[at].text.size() >= shortest_by_ends)
            ends[at] = ends_of(known_names[at].text);
    return ends;
}();

bool in_x_forwarded_family(std::string_view name) noexcept {
    return name.size() > forwarded_family.size() &&
           matches<spelling::exact>(name, forwarded_family);
}

// Runs for every field received.
field_id look_up(std::string_view name) noexcept {
    if (name.empty() || !starts_a_name[static_cast<unsigned char>(name[0])])
        return field_id::other;
    if (name.size() < shortest_by_ends)
        return iequals(name, known_names[0].text) ? known_names[0].id : field_id::other;
    if (name.size() <= longest_name) {
        const name_ends ends = ends_of(name);
        for (std::size_t i = first_of_length[name.size()]; i < first_of_length[name.size() + 1];
             ++i)
            if (known_ends[i] == ends && (name.size() <= whole_in_ends ||
                                          matches<spelling::exact>(name, known_names[i].text)))
                return known_names[i].id;
    }
    return in_x_forwarded_family(name) ? field_id::x_forwarded_other : field_id::other;
}

// Runs for the rare names with an underscore.
field_id look_up_alias(std::string_view name) noexcept {
    constexpr auto how = spelling::underscore_is_hyphen;
    for (const known_name& one : known_names)
        if (one.text.size() == name.size() && matches<how>(name, one.text))
            return one.id;
    return name.size() > forwarded_family.size() && matches<how>(name, forwarded_family)
               ? field_id::x_forwarded_other
               : field_id::other;
}

}  // namespace

field_id identify(std::string_view name, spelling how) noexcept {
    return how == spelling::exact ? look_up(name) : look_up_alias(name);
}

const field* header_list::find(field_id id) const noexcept {
    const auto at = std::ranges::find(fields_, id, &field::id);
    return at == fields_.end() ? nullptr : &*at;
}

const field* header_list::find(std::string_view name) const noexcept {
    const auto at =
        std::ranges::find_if(fields_, [name](const field& one) { return iequals(one.name, name); });
    return at == fields_.end() ? nullptr : &*at;
}

// Everything but the list's memory starts anew. The list is taken out and put back rather than
// naming every member, so that a member added later cannot be forgotten here.
void request_head::clear() {
    header_list kept = std::move(fields);
    *this = {};
    kept.clear();
    fields = std::move(kept);
}

void response_head::clear() {
    header_list kept = std::move(fields);
    *this = {};
    kept.clear();
    fields = std::move(kept);
}

bool idempotent(method verb) noexcept {
    switch (verb) {
    case method::get:
    case method::head:
    case method::put:
    case method::delete_:
    case method::options:
    case method::trace:
        return true;
    case method::post:
    case method::patch:
    case method::connect:
    case method::other:
        return false;
    }
    return false;
}

}  // namespace sluice::http
