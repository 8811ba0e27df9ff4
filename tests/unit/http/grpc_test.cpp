// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/grpc.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
namespace http = sluice::http;
namespace grpc = sluice::http::grpc;

namespace {

http::request_head with(std::string_view name, std::string_view value) {
    http::request_head head;
    head.verb = http::method::post;
    head.fields.add(name, value);
    return head;
}

}  // namespace

TEST_CASE("a call is a POST of gRPC's content type") {
    CHECK(grpc::is_call(with("content-type", "application/grpc")));
    CHECK(grpc::is_call(with("content-type", "application/grpc+json")));
    CHECK(grpc::is_call(with("Content-Type", "APPLICATION/GRPC;charset=utf-8")));
    CHECK_FALSE(grpc::is_call(with("content-type", "application/grpc-web")));
    CHECK_FALSE(grpc::is_call(with("content-type", "application/json")));
    CHECK_FALSE(grpc::is_call(with("x-content-type", "application/grpc")));
    auto get = with("content-type", "application/grpc");
    get.verb = http::method::get;
    CHECK_FALSE(grpc::is_call(get));
}

TEST_CASE("deadlines come in six units") {
    struct row {
        const char* text;
        std::optional<std::chrono::milliseconds> total;
        bool malformed;
    };
    const auto one = GENERATE(
        row{"1H", 3'600'000ms, false}, row{"2M", 120'000ms, false}, row{"3S", 3'000ms, false},
        row{"4m", 4ms, false}, row{"5000u", 5ms, false}, row{"1n", 1ms, false},
        row{"0S", 0ms, false}, row{"99999999n", 100ms, false}, row{"99999999H", {}, false},
        row{"", {}, true}, row{"S", {}, true}, row{"1", {}, true}, row{"1s", {}, true},
        row{"+1S", {}, true}, row{"-1S", {}, true}, row{"1.5S", {}, true}, row{" 1S", {}, true},
        row{"100000000S", {}, true}, row{"1SS", {}, true});
    INFO(one.text);
    const auto read = grpc::timeout_of(with("grpc-timeout", one.text));
    CHECK(read.malformed == one.malformed);
    CHECK(read.total == one.total);
    CHECK_FALSE(grpc::timeout_of(with("x", "1S")).malformed);
}

TEST_CASE("messages are percent-encoded") {
    CHECK(grpc::message_text("plain text, ~.") == "plain text, ~.");
    CHECK(grpc::message_text("100 %\n\xC3\xA4") == "100 %25%0A%C3%A4");
}

TEST_CASE("codes have the statuses of the contract") {
    using sluice::errc;
    CHECK(grpc::status_of(errc::bad_request) == 13);
    CHECK(grpc::status_of(errc::no_route) == 12);
    CHECK(grpc::status_of(errc::not_implemented) == 12);
    CHECK(grpc::status_of(errc::request_timeout) == 4);
    CHECK(grpc::status_of(errc::upstream_timeout) == 4);
    CHECK(grpc::status_of(errc::body_too_large) == 8);
    CHECK(grpc::status_of(errc::head_too_large) == 8);
    CHECK(grpc::status_of(errc::connect_failed) == 14);
    CHECK(grpc::status_of(errc::overloaded) == 14);
}
