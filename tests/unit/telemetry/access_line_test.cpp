// SPDX-License-Identifier: Apache-2.0
#include "telemetry/access_line.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

using namespace sluice::telemetry;
using namespace std::chrono;
namespace json = boost::json;

namespace {

access_record full_record() {
    access_record record;
    record.started = sys_days{2026y / 3 / 4} + 5h + 6min + 7s + 89ms;
    record.request_id = "0123456789abcdef0123456789abcdef";
    record.client = "192.0.2.1:5000";
    record.consumer = "team-a";
    record.method = "GET";
    record.host = "shop.example.com";
    record.path = "/orders/1";
    record.protocol = "HTTP/1.1";
    record.status = 200;
    record.bytes_in = 12;
    record.bytes_out = 18'446'744'073'709'551'615u;
    record.duration = 1'234'567ns;
    record.upstream = 1ms;
    record.route = "orders";
    record.service = "orders-service";
    record.node = "10.0.0.1:8080";
    record.attempts = 2;
    record.error = "bad_gateway";
    return record;
}

std::string line_of(line_format format, const access_record& record) {
    return std::string{access_line{format}.format(record)};
}

json::object object_of(const access_record& record) {
    return json::parse(line_of(line_format::json, record)).as_object();
}

}  // namespace

TEST_CASE("a JSON line holds every field of the contract in its order") {
    CHECK(
        line_of(line_format::json, full_record()) ==
        R"({"ts":"2026-03-04T05:06:07.089Z","request_id":"0123456789abcdef0123456789abcdef",)"
        R"("client":"192.0.2.1:5000","consumer":"team-a","method":"GET","host":"shop.example.com",)"
        R"("path":"/orders/1","protocol":"HTTP/1.1","status":200,"bytes_in":12,)"
        R"("bytes_out":18446744073709551615,"duration_ms":1.234,"upstream_ms":1.000,"route":"orders",)"
        R"("service":"orders-service","node":"10.0.0.1:8080","attempts":2,"error":"bad_gateway",)"
        R"("model":null,"prompt_tokens":null,"completion_tokens":null,"ttft_ms":null})"
        "\n");
}

TEST_CASE("a text line holds the same values in the same order") {
    CHECK(line_of(line_format::text, full_record()) ==
          "2026-03-04T05:06:07.089Z 0123456789abcdef0123456789abcdef 192.0.2.1:5000 team-a GET "
          "shop.example.com "
          "/orders/1 HTTP/1.1 200 12 18446744073709551615 1.234 1.000 orders orders-service "
          "10.0.0.1:8080 2 "
          "bad_gateway - - - -\n");
}

TEST_CASE("what is absent is null in JSON and never left out") {
    const auto object = object_of({});
    CHECK(object.size() == 22);
    for (const auto name :
         {"request_id", "client", "consumer", "method", "host", "path", "protocol", "status",
          "upstream_ms", "route", "service", "node", "error"})
        CHECK(object.at(name).is_null());
    CHECK(object.at("bytes_in") == 0);
    CHECK(object.at("attempts") == 0);
}

TEST_CASE("what is absent is a dash in text, and a real dash is not") {
    access_record record;
    CHECK(line_of(line_format::text, record) ==
          "1970-01-01T00:00:00.000Z - - - - - - - - 0 0 0.000 - - - - 0 - - - - -\n");
    record.method = "-";
    CHECK(line_of(line_format::text, record).find(" \\x2d ") != std::string::npos);
}

TEST_CASE("milliseconds have three decimals and never a sign") {
    access_record record;
    record.duration = 61s + 5us + 999ns;
    CHECK(line_of(line_format::json, record).find(R"("duration_ms":61000.005,)") !=
          std::string::npos);
    record.duration = -5ms;
    CHECK(line_of(line_format::json, record).find(R"("duration_ms":0.000,)") != std::string::npos);
}

TEST_CASE("hostile bytes make one valid line in either format") {
    std::mt19937 random{7};
    access_line as_json{line_format::json};
    access_line as_text{line_format::text};
    for (int round = 0; round < 5'000; ++round) {
        std::string bytes(1 + random() % 40, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random());
        access_record record;
        record.path = record.host = record.method = record.request_id = bytes;
        const std::string line{as_json.format(record)};
        json::error_code error;
        const auto value = json::parse(line, error);
        REQUIRE_FALSE(error);
        REQUIRE(value.as_object().size() == 22);
        REQUIRE(line.find('\n') == line.size() - 1);
        const std::string text{as_text.format(record)};
        REQUIRE(text.find('\n') == text.size() - 1);
        REQUIRE(std::count(text.begin(), text.end(), ' ') == 21);
    }
}

TEST_CASE("a forged second line stays inside the first") {
    access_record record;
    record.path = "/a\n{\"ts\":\"forged\"}";
    const auto line = line_of(line_format::json, record);
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(object_of(record).at("path") == "/a\n{\"ts\":\"forged\"}");
}

TEST_CASE("the longest hostile texts fit the room and are marked as cut") {
    const std::string hostile(100'000, '\x01');
    access_record record;
    record.request_id = record.client = record.consumer = record.method = record.host =
        record.path = hostile;
    record.protocol = record.route = record.service = record.node = record.error = hostile;
    for (const auto format : {line_format::json, line_format::text})
        CHECK(line_of(format, record).size() <= access_line::longest);
    const auto path = json::value_to<std::string>(object_of(record).at("path"));
    CHECK(path.size() == 24 * 1024 + 3);
    CHECK(path.substr(path.size() - 4) == "\x01...");
}

TEST_CASE("a text cut anywhere within a character or an escape leaves a valid JSON line") {
    const auto piece =
        GENERATE(as<std::string>{}, "\u20ac", "\U0001f600", "\\", "\"", "\n", "\u009b");
    access_line line{line_format::json};
    for (std::size_t shift = 0; shift < 8; ++shift) {
        std::string longer(shift, 'x');
        while (longer.size() < 25 * 1024)
            longer += piece;
        access_record record;
        record.path = record.host = longer;
        const auto read = json::parse(std::string(line.format(record))).as_object();
        for (const auto* key : {"path", "host"}) {
            const auto kept = json::value_to<std::string>(read.at(key));
            const auto whole = longer.substr(0, kept.size() - 16);
            CHECK(kept.starts_with(whole));
            CHECK(kept.ends_with("..."));
        }
    }
}

TEST_CASE("a path as long as the default request line is logged whole") {
    const std::string path = "/" + std::string(16 * 1024 - 1, 'x');
    access_record record;
    record.path = path;
    CHECK(object_of(record).at("path").as_string() == path);
}
