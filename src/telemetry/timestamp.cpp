// SPDX-License-Identifier: Apache-2.0
#include "telemetry/timestamp.hpp"

#include <cstring>

namespace sluice::telemetry {
namespace {

void put_digits(char* to, unsigned value, unsigned digits) noexcept {
    for (; digits > 0; value /= 10)
        to[--digits] = static_cast<char>('0' + value % 10);
}

}  // namespace

void timestamp::remember(std::int64_t second) noexcept {
    using namespace std::chrono;
    const sys_seconds whole{seconds{second}};
    const auto day = floor<days>(whole);
    const year_month_day date{day};
    const hh_mm_ss time{whole - day};
    std::memcpy(text_, "0000-00-00T00:00:00.000Z", length);
    put_digits(text_, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    put_digits(text_ + 5, static_cast<unsigned>(date.month()), 2);
    put_digits(text_ + 8, static_cast<unsigned>(date.day()), 2);
    put_digits(text_ + 11, static_cast<unsigned>(time.hours().count()), 2);
    put_digits(text_ + 14, static_cast<unsigned>(time.minutes().count()), 2);
    put_digits(text_ + 17, static_cast<unsigned>(time.seconds().count()), 2);
    second_ = second;
}

char* timestamp::write(std::chrono::system_clock::time_point when, char* to) noexcept {
    using namespace std::chrono;
    const auto whole = floor<seconds>(when);
    if (const auto second = whole.time_since_epoch().count(); second != second_ || text_[0] == 0)
        remember(second);
    put_digits(text_ + 20, static_cast<unsigned>(floor<milliseconds>(when - whole).count()), 3);
    std::memcpy(to, text_, length);
    return to + length;
}

std::string to_timestamp(std::chrono::system_clock::time_point when) {
    std::string text(timestamp::length, '\0');
    timestamp{}.write(when, text.data());
    return text;
}

}  // namespace sluice::telemetry
