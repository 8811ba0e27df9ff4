// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/grpc.hpp"

#include "sluice/base/strings.hpp"

#include <charconv>
#include <cstdint>

namespace sluice::http::grpc {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t most_digits = 8;

constexpr std::int64_t nanoseconds_of(char unit) noexcept {
    switch (unit) {
    case 'H':
        return 3'600'000'000'000;
    case 'M':
        return 60'000'000'000;
    case 'S':
        return 1'000'000'000;
    case 'm':
        return 1'000'000;
    case 'u':
        return 1'000;
    case 'n':
        return 1;
    default:
        return 0;
    }
}

// Eight digits of hours are more than a clock of nanoseconds holds: they mean no deadline.
std::optional<milliseconds> bounded(std::int64_t count, std::int64_t unit) noexcept {
    constexpr auto most = nanoseconds(std::chrono::hours{24 * 365}).count();
    if (count > most / unit)
        return std::nullopt;
    return std::chrono::ceil<milliseconds>(nanoseconds(count * unit));
}

}  // namespace

bool is_call(const request_head& head) noexcept {
    constexpr std::string_view type = "application/grpc";
    if (head.verb != method::post)
        return false;
    const auto* const said = head.fields.find(field_id::content_type);
    if (said == nullptr || !iequals(said->value.substr(0, type.size()), type))
        return false;
    const auto rest = said->value.substr(type.size());
    return rest.empty() || rest.front() == '+' || rest.front() == ';';
}

call_timeout timeout_of(const request_head& head) noexcept {
    const auto* const said = head.fields.find("grpc-timeout");
    if (said == nullptr)
        return {};
    const auto text = said->value;
    if (text.size() < 2 || text.size() > most_digits + 1)
        return {{}, true};
    const auto unit = nanoseconds_of(text.back());
    std::uint32_t count = 0;
    const char* const end = text.data() + text.size() - 1;
    const auto read = std::from_chars(text.data(), end, count);
    if (unit == 0 || read.ec != std::errc{} || read.ptr != end)
        return {{}, true};
    return {bounded(count, unit), false};
}

// A switch without default: the compiler names the code that is missing.
unsigned status_of(errc code) noexcept {
    constexpr unsigned unknown = 2, deadline_exceeded = 4, resource_exhausted = 8,
                       unimplemented = 12, internal = 13, unavailable = 14;
    switch (code) {
    case errc::bad_request:
    case errc::expectation_failed:
    case errc::misdirected:
    case errc::version_not_supported:
        return internal;
    case errc::no_route:
    case errc::not_implemented:
        return unimplemented;
    case errc::request_timeout:
    case errc::upstream_timeout:
        return deadline_exceeded;
    case errc::body_too_large:
    case errc::head_too_large:
        return resource_exhausted;
    case errc::no_healthy_node:
    case errc::overloaded:
    case errc::connect_failed:
    case errc::tls_failed:
    case errc::upstream_closed:
    case errc::bad_upstream_message:
    case errc::shutting_down:
        return unavailable;
    // Nobody reads these.
    case errc::client_gone:
    case errc::client_too_slow:
        return unknown;
    }
    return unknown;
}

std::string message_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c >= ' ' && c <= '~' && c != '%') {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        constexpr std::string_view digits = "0123456789ABCDEF";
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

}  // namespace sluice::http::grpc
