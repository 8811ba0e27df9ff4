// SPDX-License-Identifier: Apache-2.0
#include "telemetry/access_line.hpp"

#include "telemetry/escape.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sluice::telemetry {
namespace {

constexpr std::size_t longest_path = 24 * 1024;
constexpr std::size_t longest_text = 1024;
constexpr std::string_view cut_mark = "...";

// 16 texts beside the path, each at its worst, and ample room for keys and numbers.
static_assert((longest_path + 16 * longest_text) * escape_growth + 8 * 1024 <=
              access_line::longest);

char* put(char* to, std::string_view text) noexcept {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

template <class Number>
char* put_number(char* to, Number value) noexcept {
    return std::to_chars(to, to + 20, value).ptr;
}

// Milliseconds with three decimals.
char* put_span(char* to, std::chrono::nanoseconds span) noexcept {
    const auto micros = std::max<std::int64_t>(span.count(), 0) / 1000;
    to = put_number(to, micros / 1000);
    const auto rest = static_cast<unsigned>(micros % 1000);
    *to++ = '.';
    *to++ = static_cast<char>('0' + rest / 100);
    *to++ = static_cast<char>('0' + rest / 10 % 10);
    *to++ = static_cast<char>('0' + rest % 10);
    return to;
}

class json_fields {
public:
    explicit json_fields(char* to) noexcept : begin_(to), at_(to) {}

    void text(std::string_view name, std::string_view value,
              std::size_t longest = longest_text) noexcept {
        if (value.empty())
            return absent(name);
        key(name);
        *at_++ = '"';
        at_ = escape_json(value.substr(0, longest), at_);
        if (value.size() > longest)
            at_ = put(at_, cut_mark);
        *at_++ = '"';
    }
    template <class Number>
    void number(std::string_view name, Number value) noexcept {
        key(name);
        at_ = put_number(at_, value);
    }
    void span(std::string_view name, std::chrono::nanoseconds value) noexcept {
        key(name);
        at_ = put_span(at_, value);
    }
    void when(std::string_view name, timestamp& clock,
              std::chrono::system_clock::time_point value) noexcept {
        key(name);
        *at_++ = '"';
        at_ = clock.write(value, at_);
        *at_++ = '"';
    }
    void absent(std::string_view name) noexcept {
        key(name);
        at_ = put(at_, "null");
    }
    char* finish() noexcept { return put(at_, "}\n"); }

private:
    void key(std::string_view name) noexcept {
        at_ = put(at_, at_ == begin_ ? "{\"" : ",\"");
        at_ = put(at_, name);
        at_ = put(at_, "\":");
    }

    char* begin_;
    char* at_;
};

class text_fields {
public:
    explicit text_fields(char* to) noexcept : begin_(to), at_(to) {}

    void text(std::string_view, std::string_view value,
              std::size_t longest = longest_text) noexcept {
        if (value.empty())
            return absent({});
        gap();
        if (value == "-") {  // not to be taken for an absent one
            at_ = put(at_, "\\x2d");
            return;
        }
        at_ = escape_text(value.substr(0, longest), at_, text_form::word);
        if (value.size() > longest)
            at_ = put(at_, cut_mark);
    }
    template <class Number>
    void number(std::string_view, Number value) noexcept {
        gap();
        at_ = put_number(at_, value);
    }
    void span(std::string_view, std::chrono::nanoseconds value) noexcept {
        gap();
        at_ = put_span(at_, value);
    }
    void when(std::string_view, timestamp& clock,
              std::chrono::system_clock::time_point value) noexcept {
        gap();
        at_ = clock.write(value, at_);
    }
    void absent(std::string_view) noexcept {
        gap();
        *at_++ = '-';
    }
    char* finish() noexcept { return put(at_, "\n"); }

private:
    void gap() noexcept {
        if (at_ != begin_)
            *at_++ = ' ';
    }

    char* begin_;
    char* at_;
};

// The fields of a line in the contract's order, for either format.
template <class Fields>
char* write_fields(Fields fields, timestamp& clock, const access_record& record) noexcept {
    fields.when("ts", clock, record.started);
    fields.text("request_id", record.request_id);
    fields.text("client", record.client);
    fields.text("consumer", record.consumer);
    fields.text("method", record.method);
    fields.text("host", record.host);
    fields.text("path", record.path, longest_path);
    fields.text("protocol", record.protocol);
    record.status < 0 ? fields.absent("status") : fields.number("status", record.status);
    fields.number("bytes_in", record.bytes_in);
    fields.number("bytes_out", record.bytes_out);
    fields.span("duration_ms", record.duration);
    record.upstream.count() < 0 ? fields.absent("upstream_ms")
                                : fields.span("upstream_ms", record.upstream);
    fields.text("route", record.route);
    fields.text("service", record.service);
    fields.text("node", record.node);
    fields.number("attempts", record.attempts);
    fields.text("error", record.error);
    // Of large-model exchanges only; there on every line, so that a reader of lines meets one
    // shape.
    for (const auto name : {"model", "prompt_tokens", "completion_tokens", "ttft_ms"})
        fields.absent(name);
    return fields.finish();
}

}  // namespace

access_line::access_line(line_format format)
    : format_(format), room_(std::make_unique_for_overwrite<char[]>(longest)) {}

std::string_view access_line::format(const access_record& record) noexcept {
    char* const begin = room_.get();
    const char* const end = format_ == line_format::json
                                ? write_fields(json_fields{begin}, when_, record)
                                : write_fields(text_fields{begin}, when_, record);
    return {begin, end};
}

}  // namespace sluice::telemetry
