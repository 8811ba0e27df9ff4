// SPDX-License-Identifier: Apache-2.0
// Beast's basic_parser with callbacks of our own, driven by hand. One parser lives for one head on
// the stack: it allocates nothing as long as the bytes are contiguous and no line is folded, and
// both hold here.
#include "http/h1/beast_head.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <limits>

namespace sluice::http::h1 {

namespace {

namespace beast = boost::beast;

std::string_view text_of(beast::string_view text) noexcept { return {text.data(), text.size()}; }

template <bool IsRequest, class Line>
class head_reader final : public beast::http::basic_parser<IsRequest> {
public:
    head_reader(Line& line, field_sorter& fields) : line_(line), fields_(fields) {
        // Both are decided by our own rules; Beast's defaults would refuse large uploads.
        this->body_limit(boost::none);
        this->header_limit(std::numeric_limits<std::uint32_t>::max());
    }

private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                         int version, beast::error_code&) override {
        if constexpr (IsRequest)
            line_ = {text_of(method), text_of(target), static_cast<unsigned>(version) % 10};
    }
    void on_response_impl(int status, beast::string_view reason, int version,
                          beast::error_code&) override {
        if constexpr (!IsRequest)
            line_ = {static_cast<unsigned>(status), text_of(reason),
                     static_cast<unsigned>(version) % 10};
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                       beast::error_code& failed) override {
        if (!fields_.take(text_of(name), text_of(value)))
            failed = beast::http::error::bad_field;
    }
    void on_header_impl(beast::error_code&) override {}

    // Bodies never reach this parser: reading stops behind the head.
    void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
    std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override {
        return 0;
    }
    void on_finish_impl(beast::error_code&) override {}

    Line& line_;
    field_sorter& fields_;
};

std::string_view describe(const beast::error_code& why) {
    switch (static_cast<beast::http::error>(why.value())) {
    case beast::http::error::bad_method:
        return "the method is not a token";
    case beast::http::error::bad_target:
        return "the target is malformed";
    case beast::http::error::bad_version:
        return "the start line is malformed";
    case beast::http::error::bad_status:
        return "the status is not three digits";
    case beast::http::error::bad_reason:
        return "the reason phrase is malformed";
    case beast::http::error::bad_field:
        return "a field name is malformed or not allowed";
    case beast::http::error::bad_value:
        return "a field value is malformed";
    case beast::http::error::bad_content_length:
    case beast::http::error::multiple_content_length:
        return "Content-Length is malformed or ambiguous";
    case beast::http::error::bad_transfer_encoding:
        return "Transfer-Encoding is malformed or ambiguous";
    default:
        return "the head is malformed";
    }
}

template <bool IsRequest, class Line>
std::string_view read(byte_view bytes, Line& line, field_sorter& fields) {
    head_reader<IsRequest, Line> reader{line, fields};
    beast::error_code failed;
    const std::size_t used =
        reader.put(boost::asio::const_buffer{bytes.data(), bytes.size()}, failed);
    if (failed)
        return describe(failed);
    // Both scanners must agree on where the head ends, or the rest would be read as something else.
    return used == bytes.size() && reader.is_header_done() ? std::string_view{}
                                                           : "the head is malformed";
}

}  // namespace

std::string_view read_head(byte_view bytes, request_line& line, field_sorter& fields) {
    return read<true>(bytes, line, fields);
}

std::string_view read_head(byte_view bytes, status_line& line, field_sorter& fields) {
    return read<false>(bytes, line, fields);
}

}  // namespace sluice::http::h1
