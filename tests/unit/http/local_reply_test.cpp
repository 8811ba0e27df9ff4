// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/local_reply.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <string>

using namespace std::literals;
using sluice::errc;
using sluice::http::reason_phrase;
using sluice::http::reply_body;
using sluice::http::reply_for;

TEST_CASE("every code has the contract's status and word") {
    struct row {
        errc code;
        unsigned status;
        std::string_view word;
    };
    constexpr row rows[] = {
        {errc::bad_request, 400, "bad_request"},
        {errc::no_route, 404, "no_route"},
        {errc::request_timeout, 408, "request_timeout"},
        {errc::body_too_large, 413, "body_too_large"},
        {errc::expectation_failed, 417, "expectation_failed"},
        {errc::head_too_large, 431, "head_too_large"},
        {errc::not_implemented, 501, "not_implemented"},
        {errc::version_not_supported, 505, "version_not_supported"},
        {errc::no_healthy_node, 503, "no_healthy_node"},
        {errc::overloaded, 503, "overloaded"},
        {errc::connect_failed, 502, "bad_gateway"},
        {errc::upstream_closed, 502, "bad_gateway"},
        {errc::bad_upstream_message, 502, "bad_gateway"},
        {errc::upstream_timeout, 504, "upstream_timeout"},
        {errc::client_gone, 499, "client_gone"},
        {errc::client_too_slow, 499, "client_gone"},
        {errc::shutting_down, 503, "overloaded"},
    };
    int expected = static_cast<int>(errc::bad_request);
    for (const row& one : rows) {
        INFO(one.word);
        CHECK(static_cast<int>(one.code) == expected++);
        CHECK(reply_for(one.code).status == one.status);
        CHECK(reply_for(one.code).word == one.word);
        CHECK_FALSE(reply_for(one.code).message.empty());
        CHECK(reply_for(one.code).retry_after == (one.status == 503));
    }
    CHECK(reply_for(static_cast<errc>(0)).status == 500);
    CHECK(reply_for(static_cast<errc>(expected)).status == 500);
}

TEST_CASE("the body is the contract's JSON") {
    CHECK(
        reply_body(reply_for(errc::no_route), "", "abc") ==
        R"({"error":{"code":"no_route","message":"No route matches this request.","request_id":"abc"}})");
    CHECK(reply_body(reply_for(errc::bad_request), "two Hosts", "") ==
          R"({"error":{"code":"bad_request","message":"two Hosts","request_id":""}})");
}

TEST_CASE("any bytes make a valid JSON text") {
    const auto message = [](std::string_view detail) {
        const auto json = boost::json::parse(reply_body(reply_for(errc::bad_request), detail, "r"));
        return std::string{json.at("error").at("message").as_string()};
    };
    CHECK(message("a\"b\\c\n\x01\x7f/"sv) == "a\"b\\c\n\x01\x7f/");
    CHECK(message("nul\0."sv) == "nul\0."sv);
    CHECK(message("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") ==
          "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    const std::string wrong = "\xef\xbf\xbd";
    CHECK(message("\xff") == wrong);
    CHECK(message("\xc3") == wrong);
    CHECK(message("\xc0\xaf") == wrong + wrong);
    CHECK(message("\xed\xa0\x80") == wrong + wrong + wrong);
    CHECK(message("\xf4\x90\x80\x80") == wrong + wrong + wrong + wrong);
    for (int c = 0; c < 256; ++c) {
        const std::string any{'x', static_cast<char>(c), 'y'};
        CHECK_NOTHROW(message(any));
    }
}

TEST_CASE("statuses have their reason phrase") {
    CHECK(reason_phrase(200) == "OK");
    CHECK(reason_phrase(431) == "Request Header Fields Too Large");
    CHECK(reason_phrase(299).empty());
}
