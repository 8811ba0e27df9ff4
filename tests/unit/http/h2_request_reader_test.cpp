// SPDX-License-Identifier: Apache-2.0
// Header blocks by the sections of RFC 9113, without a connection.
#include "http/h2/request_reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace http = sluice::http;
namespace h2 = sluice::http::h2;
using h2::block_end;
using sluice::errc;
using kind = h2::judgement::kind;

namespace {

using lines = std::vector<std::pair<std::string, std::string>>;

struct reading {
    explicit reading(lines from, block_end end = block_end::stream_ends,
                     const http::head_rules& rules = {})
        : kept(std::move(from)) {
        reader.begin(rules, head);
        for (const auto& [name, value] : kept)
            went_on = went_on && reader.take(name, value);
        how = reader.end(end, room);
    }
    lines kept;
    sluice::arena room;
    http::request_head head;
    h2::request_reader reader;
    bool went_on = true;
    h2::judgement how;
};

lines get(lines more = {}) {
    lines all{{":method", "GET"}, {":scheme", "http"}, {":authority", "h"}, {":path", "/a"}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

lines without(std::string_view name) {
    auto all = get();
    std::erase_if(all, [&](const auto& one) { return one.first == name; });
    return all;
}

lines with(std::string_view name, std::string value) {
    auto all = get();
    for (auto& one : all)
        if (one.first == name)
            one.second = value;
    return all;
}

kind judged(lines from, block_end end = block_end::stream_ends) {
    return reading(std::move(from), end).how.what;
}

errc refused(lines from) {
    const reading read(std::move(from));
    CHECK(read.how.what == kind::refused);
    return read.how.code;
}

}  // namespace

TEST_CASE("an ordinary request becomes a head") {
    const reading read(
        get({{"accept", "*/*"}, {"te", "trailers"}, {"content-type", "text/plain"}}));
    CHECK(read.how.what == kind::good);
    CHECK(read.head.verb == http::method::get);
    CHECK(read.head.method_name == "GET");
    CHECK(read.head.path == "/a");
    CHECK(read.head.host == "h");
    CHECK(read.head.authority == "h");
    CHECK(read.head.received.major_number == 2);
    CHECK_FALSE(read.head.received.is_1_0());
    CHECK(read.head.trailers_wanted);
    CHECK(read.head.body.how == http::framing::kind::none);
    CHECK(read.head.fields.find("accept")->value == "*/*");
}

TEST_CASE("the query and the canonical path are taken apart as for HTTP/1") {
    const reading read(with(":path", "/a/../b%7e?x=1"));
    CHECK(read.how.what == kind::good);
    CHECK(read.head.path == "/b~");
    CHECK(read.head.query == "x=1");
}

TEST_CASE("RFC 9113 section 8.3: pseudo fields stand once, first, and are known") {
    CHECK(judged(without(":method")) == kind::malformed);
    CHECK(judged(without(":scheme")) == kind::malformed);
    CHECK(judged(without(":path")) == kind::malformed);
    for (const auto* name : {":method", ":scheme", ":path", ":authority"}) {
        CHECK(judged(with(name, "")) == kind::malformed);
        CHECK(judged(get({{name, "again"}})) == kind::malformed);
    }
    CHECK(judged(get({{":status", "200"}})) == kind::malformed);
    CHECK(judged(get({{":unknown", "1"}})) == kind::malformed);
    CHECK(judged({{":method", "GET"}, {"a", "b"}, {":scheme", "http"}, {":path", "/"}}) ==
          kind::malformed);
    CHECK(judged(get({{":protocol", "websocket"}})) == kind::malformed);
}

TEST_CASE("RFC 9113 section 8.3.1: the path begins with a slash") {
    CHECK(judged(with(":path", "a")) == kind::malformed);
    CHECK(judged(with(":path", "http://h/a")) == kind::malformed);
    CHECK(refused(with(":path", "*")) == errc::bad_request);
    for (const auto* path : {"/a b", "/a#b", "/%zz", "/\x80"})
        CHECK(refused(with(":path", path)) == errc::bad_request);
    auto all = with(":path", "*");
    all[0].second = "OPTIONS";
    CHECK(judged(all) == kind::good);
}

TEST_CASE("RFC 9113 section 8.3.1: authority and Host name one and the same") {
    CHECK(judged(get({{"host", "h"}})) == kind::good);
    CHECK(judged(get({{"host", "H:80"}})) == kind::good);
    CHECK(refused(get({{"host", "other"}})) == errc::bad_request);
    CHECK(refused(get({{"host", "h"}, {"host", "h"}})) == errc::bad_request);
    CHECK(refused(with(":authority", "user@h")) == errc::bad_request);
    CHECK(refused(without(":authority")) == errc::bad_request);
    auto only_host = without(":authority");
    only_host.emplace_back("host", "shop.test");
    const reading read(only_host);
    CHECK(read.how.what == kind::good);
    CHECK(read.head.host == "shop.test");
    CHECK(refused(with(":scheme", "ftp")) == errc::bad_request);
}

TEST_CASE("RFC 9113 section 8.2.1: names and values of fields") {
    for (const auto* name : {"Upper", "", "a b", "a:b", "a\r", "\xc3\xa4"})
        CHECK(judged(get({{name, "v"}})) == kind::malformed);
    for (const auto* value : {"a\rb", "a\nb", " a", "a ", "\ta", "a\t", "\x01", "\x7f"})
        CHECK(judged(get({{"x", value}})) == kind::malformed);
    CHECK(judged(get({{"x", std::string("a\0b", 3)}})) == kind::malformed);
    CHECK(judged(get({{"x", ""}, {"y", "a\tb"}, {"z", "\xc3\xa4"}})) == kind::good);
}

TEST_CASE("RFC 9113 section 8.2.2: fields of the connection have no place") {
    CHECK(judged(get({{"connection", "close"}})) == kind::malformed);
    CHECK(judged(get({{"keep-alive", "1"}})) == kind::malformed);
    CHECK(judged(get({{"proxy-connection", "close"}})) == kind::malformed);
    CHECK(judged(get({{"transfer-encoding", "chunked"}})) == kind::malformed);
    CHECK(judged(get({{"upgrade", "websocket"}})) == kind::malformed);
    CHECK(judged(get({{"te", "gzip"}})) == kind::malformed);
    CHECK(judged(get({{"te", "trailers, gzip"}})) == kind::malformed);
}

TEST_CASE("RFC 9113 section 8.1.1: Content-Length can come true") {
    const auto goes_on = block_end::stream_goes_on;
    CHECK(judged(get({{"content-length", "5"}})) == kind::malformed);
    CHECK(judged(get({{"content-length", "0"}})) == kind::good);
    CHECK(judged(get({{"content-length", "5"}, {"content-length", "5"}}), goes_on) ==
          kind::malformed);
    for (const auto* value : {"+5", "-1", "0x5", "", "5, 5", "18446744073709551621"})
        CHECK(judged(get({{"content-length", value}}), goes_on) == kind::malformed);
    const reading counted(get({{"content-length", "005"}}), goes_on);
    CHECK(counted.head.body.how == http::framing::kind::length);
    CHECK(counted.head.body.length == 5);
    CHECK(reading(get(), goes_on).head.body.how == http::framing::kind::chunked);
}

TEST_CASE("cookie crumbs are one field, and each counts") {
    const reading read(get({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}}));
    CHECK(read.how.what == kind::good);
    CHECK(read.head.fields.find(http::field_id::cookie)->value == "a=1; b=2");
    http::head_rules few;
    few.bounds.headers = 8;
    lines many;
    for (int i = 0; i < 20; ++i)
        many.emplace_back("cookie", "a");
    const reading over(get(many), block_end::stream_ends, few);
    CHECK(over.how.what == kind::refused);
    CHECK(over.how.code == errc::head_too_large);
}

TEST_CASE("too much of a head is refused, far too much ends the connection") {
    http::head_rules small;
    small.bounds.head = 1024;
    small.bounds.line = 1024;
    const auto of_size = [&](int count) {
        lines many;
        for (int i = 0; i < count; ++i)
            many.emplace_back("x", std::string(95, 'v'));
        return reading(get(many), block_end::stream_ends, small);
    };
    CHECK(of_size(9).how.what == kind::good);
    CHECK(of_size(11).how.code == errc::head_too_large);
    CHECK(of_size(11).went_on);
    CHECK_FALSE(of_size(45).went_on);
    http::head_rules short_lines;
    short_lines.bounds.line = 100;
    const reading long_line(get({{"x", std::string(100, 'v')}}), block_end::stream_ends,
                            short_lines);
    CHECK(long_line.how.code == errc::head_too_large);
}

TEST_CASE("what no gateway does is refused as for HTTP/1") {
    CHECK(refused({{":method", "CONNECT"}, {":authority", "h:443"}}) == errc::not_implemented);
    CHECK(refused(with(":method", "TRACE")) == errc::not_implemented);
    CHECK(refused(get({{"expect", "something"}})) == errc::expectation_failed);
    CHECK(reading(get({{"expect", "100-continue"}})).head.expects_continue);
    CHECK(judged(with(":method", "CONNECT")) == kind::malformed);
    CHECK(judged(with(":method", "GE T")) == kind::malformed);
}

TEST_CASE("the listener's policies hold") {
    http::head_rules strict;
    strict.underscores = http::underscore_policy::reject;
    strict.paths = http::path_policy::reject;
    CHECK(reading(get({{"a_b", "1"}}), block_end::stream_ends, strict).how.what == kind::refused);
    CHECK(reading(with(":path", "/a/../b"), block_end::stream_ends, strict).how.what ==
          kind::refused);
    const reading usual(get({{"content_length", "5"}, {"x-client-subject", "CN=evil"}}));
    CHECK(usual.how.what == kind::good);
    CHECK(usual.head.fields.empty());
}

TEST_CASE("RFC 8441: an extended CONNECT for a WebSocket becomes an upgrade") {
    auto all = with(":method", "CONNECT");
    all.insert(all.begin(), {":protocol", "websocket"});
    all.emplace_back("sec-websocket-version", "13");
    const reading read(all, block_end::stream_goes_on);
    CHECK(read.how.what == kind::good);
    CHECK(read.head.verb == http::method::get);
    CHECK(read.head.method_name == "GET");
    CHECK(read.head.upgrade == "websocket");
    CHECK_FALSE(read.head.body.has_body());
    all[0].second = "connect-udp";
    CHECK(refused(all) == errc::not_implemented);
    all[0].second = "websocket";
    for (auto& one : all)
        if (one.first == ":path")
            one.second = "chat";  // section 8.3.1 of RFC 9113 holds for it too
    CHECK(judged(all, block_end::stream_goes_on) == kind::malformed);
    all = with(":method", "CONNECT");
    all.insert(all.begin(), {":protocol", "websocket"});
    all.emplace_back("content-length", "3");
    CHECK(judged(all, block_end::stream_goes_on) == kind::malformed);
}

TEST_CASE("trailers hold no pseudo fields, end their stream, and lose what must not stand there") {
    const auto read = [](const lines& from, block_end end, http::header_list& into) {
        h2::request_reader reader;
        reader.begin_trailers({}, into);
        for (const auto& [name, value] : from)
            reader.take(name, value);
        return reader.end_trailers(end).what;
    };
    http::header_list fields;
    const auto ends = block_end::stream_ends;
    CHECK(read({{"x-sum", "1"}, {"content-length", "5"}, {"authorization", "a"}}, ends, fields) ==
          kind::good);
    CHECK(fields.size() == 1);
    CHECK(read({{"x-sum", "1"}}, block_end::stream_goes_on, fields) == kind::malformed);
    CHECK(read({{":path", "/"}}, ends, fields) == kind::malformed);
    CHECK(read({{"X-Sum", "1"}}, ends, fields) == kind::malformed);
    for (const auto* name : {"connection", "keep-alive", "transfer-encoding", "upgrade"})
        CHECK(read({{name, "close"}}, ends, fields) == kind::malformed);
}
