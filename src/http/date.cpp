// SPDX-License-Identifier: Apache-2.0
// Formats the Date field by hand: no locale, no allocation, and only when the second has changed.
#include "sluice/http/date.hpp"

#include <array>
#include <cstring>
#include <limits>

namespace sluice::http {

namespace {

constexpr std::string_view day_names = "SunMonTueWedThuFriSat";
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct date_text {
    std::int64_t second = std::numeric_limits<std::int64_t>::min();
    std::array<char, 29> text{};
};

char* put(char* at, std::string_view text) noexcept {
    std::memcpy(at, text.data(), text.size());
    return at + text.size();
}

char* put_number(char* at, unsigned value, unsigned digits) noexcept {
    for (unsigned i = digits; i-- > 0; value /= 10)
        at[i] = static_cast<char>('0' + value % 10);
    return at + digits;
}

// IMF-fixdate, RFC 9110 section 5.6.7.
void format(std::chrono::sys_seconds when, char* at) noexcept {
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{when - day};
    at = put(at, day_names.substr(std::chrono::weekday{day}.c_encoding() * 3, 3));
    at = put(at, ", ");
    at = put_number(at, static_cast<unsigned>(date.day()), 2);
    at = put(at, " ");
    at = put(at, month_names.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3));
    at = put(at, " ");
    at = put_number(at, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    at = put(at, " ");
    at = put_number(at, static_cast<unsigned>(time.hours().count()), 2);
    at = put(at, ":");
    at = put_number(at, static_cast<unsigned>(time.minutes().count()), 2);
    at = put(at, ":");
    at = put_number(at, static_cast<unsigned>(time.seconds().count()), 2);
    put(at, " GMT");
}

}  // namespace

std::string_view http_date(std::chrono::system_clock::time_point now) noexcept {
    thread_local date_text last;
    const auto when = std::chrono::floor<std::chrono::seconds>(now);
    const std::int64_t second = when.time_since_epoch().count();
    if (second != last.second) {
        format(when, last.text.data());
        last.second = second;
    }
    return {last.text.data(), last.text.size()};
}

}  // namespace sluice::http
