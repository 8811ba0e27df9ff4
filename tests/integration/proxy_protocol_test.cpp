// SPDX-License-Identifier: Apache-2.0
// Connections that begin with a PROXY header, through a worker's gateway to a node: whom the node is
// told they are from, and what becomes of those that begin otherwise.
#include "fake/gateway_rig.hpp"
#include "fake/listener_tls.hpp"
#include "fake/text.hpp"

#include <catch2/catch.hpp>
#include <sys/socket.h>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;
using fake::gateway_rig;
using fake::has;
using fake::node;

namespace {

// Whom every connection of a rig comes from.
constexpr auto sender = "192.0.2.1";

const std::string line = "PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n";
const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string binary = signature + "\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\x01\x12\x67\x01\xbb"s;
const std::string local = signature + "\x20\0\0\0"s;

sluice::app::settings settings_for(const node& to, std::vector<std::string> trusted = {sender}) {
    auto all = fake::settings_for({&to});
    auto& listener = all.listeners.emplace_back();
    listener.proxy_protocol = true;
    for (const auto& block : trusted)
        listener.trusted_proxies.push_back(*sluice::net::cidr::parse(block));
    return all;
}

// Each in turn. Catch's own generator would keep views of temporary texts.
std::string one_of(const std::vector<std::string>& texts) {
    return texts[GENERATE_COPY(range(std::size_t{0}, texts.size()))];
}

// How many connections were turned away for that reason.
int turned_away(const gateway_rig& rig, const std::string& reason) {
    const auto page = rig.metrics.text();
    const auto series = "sluice_rejected_total{reason=\"" + reason + "\"} ";
    const auto at = page.find(series);
    return at == std::string::npos ? 0 : std::stoi(page.substr(at + series.size()));
}

// What the node is told of `request` behind `header`.
std::string told(gateway_rig& rig, node& to, const std::string& header, std::string_view request) {
    auto client = rig.connect();
    rig.send(client, header + std::string(request));
    auto upstream = to.accept();
    if (!upstream)
        return {};
    const auto told = upstream.receive();
    rig.send(upstream, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200 "));
    return told;
}

// Ended without a byte, and no node heard of it.
void check_closed(gateway_rig& rig, fake::socket& client, node& to) {
    CHECK(client.receive().empty());
    CHECK(client.at_end());
    CHECK_FALSE(to.accept());
    CHECK(rig.server->open() == 0);
    CHECK_FALSE(has(rig.metrics.text(), "sluice_requests_total{"));
}

}  // namespace

TEST_CASE("the client a PROXY header names is the client of every request of that connection") {
    const auto header = one_of({line, binary});
    node one;
    gateway_rig rig(settings_for(one));
    auto client = rig.connect();
    rig.send(client, header + std::string(fake::get));
    auto upstream = one.accept();
    REQUIRE(upstream);
    for (int request = 0; request < 3; ++request) {
        CHECK(has(upstream.receive(), "\r\nX-Forwarded-For: 203.0.113.9\r\n"));
        rig.send(upstream, fake::empty_answer);
        CHECK(client.receive().starts_with("HTTP/1.1 200 "));
        rig.send(client, fake::get);
    }
    CHECK(turned_away(rig, "bad_request") == 0);
}

TEST_CASE("a PROXY header and the request behind it may be cut anywhere") {
    const auto header = one_of({line, binary});
    const auto all = header + std::string(fake::get);
    for (std::size_t cut = 1; cut < all.size(); ++cut) {
        INFO(cut);
        node one;
        gateway_rig rig(settings_for(one));
        auto client = rig.connect();
        rig.send(client, all.substr(0, cut));
        CHECK_FALSE(one.accept());
        rig.send(client, all.substr(cut));
        auto upstream = one.accept();
        REQUIRE(upstream);
        CHECK(has(upstream.receive(), "X-Forwarded-For: 203.0.113.9\r\n"));
    }
}

TEST_CASE("the longest header with the request right behind it is taken to the byte") {
    node one;
    gateway_rig rig(settings_for(one));
    const auto filling = 4096 - 16 - 12 - 3;
    const auto longest = signature +
                         "\x21\x11\x0f\xf0\xcb\0\x71\x09\x0a\0\0\x01\x12\x67\x01\xbb\x04"s +
                         static_cast<char>(filling >> 8) + static_cast<char>(filling & 0xff) +
                         std::string(filling, 'x');
    REQUIRE(longest.size() == 4096);
    CHECK(has(told(rig, one, longest, fake::get), "\r\nX-Forwarded-For: 203.0.113.9\r\n"));
}

TEST_CASE("who came over a trusted Unix socket stays trusted over a reload") {
    node one;
    auto settings = settings_for(one, {"unix"});
    settings.listeners[0].proxy_protocol = false;
    gateway_rig rig(settings);
    sockaddr_storage unnamed{};
    unnamed.ss_family = AF_UNIX;
    rig.sender = sluice::net::address::from(unnamed);
    auto client = rig.connect();
    const auto request = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n"s;
    rig.send(client, request);
    auto upstream = one.accept();
    REQUIRE(upstream);
    for (int reload = 0; reload < 2; ++reload) {
        CHECK(has(upstream.receive(), "\r\nX-Forwarded-For: 203.0.113.7\r\n"));
        rig.send(upstream, fake::empty_answer);
        CHECK(client.receive().starts_with("HTTP/1.1 200 "));
        rig.server->replace(rig.listener());
        rig.send(client, request);
    }
}

TEST_CASE("a PROXY header that comes a byte at a time is a header") {
    const auto header = one_of({line, binary});
    node one;
    gateway_rig rig(settings_for(one));
    // Over TCP the kernel would hold some of so many small pieces back for a while.
    fake::socket_pair pair;
    rig.server->adopt(pair.ours.release(), *sluice::net::address::parse(sender + ":1"s));
    rig.loop.settle();
    for (const char byte : header + std::string(fake::get)) {
        CHECK_FALSE(one.accept());
        rig.send(pair.theirs, std::string(1, byte));
    }
    auto upstream = one.accept();
    REQUIRE(upstream);
    CHECK(has(upstream.receive(), "X-Forwarded-For: 203.0.113.9\r\n"));
}

TEST_CASE("a request whose sender ends with its last byte is answered") {
    node one;
    gateway_rig rig(settings_for(one));
    auto client = rig.connect();
    client.send(line + std::string(fake::get));
    client.shut_write();
    rig.loop.settle();
    auto upstream = one.accept();
    REQUIRE(upstream);
    rig.send(upstream, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a header from anybody else is not read, whatever it says") {
    node one;
    gateway_rig rig(settings_for(one, {"192.0.2.0/32", "203.0.113.0/24", "unix"}));
    auto client = rig.connect();
    rig.send(client, line + std::string(fake::get));
    check_closed(rig, client, one);
    CHECK(turned_away(rig, "bad_request") == 1);
}

TEST_CASE("a connection that begins with anything but a PROXY header is closed and counted") {
    const auto begin =
        one_of({std::string(fake::get), "\x16\x03\x01\x02\0\x01"s, "PROXY TCP4 203.0.113.9\r\n"s,
                "PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\nGET /"s,
                "PROXY UNKNOWN "s + std::string(200, 'x'), signature + "\x21\x11\xff\xff"s,
                signature + "\x31\x11\0\x0c"s + std::string(12, 'a'),
                binary.substr(0, 15) + "\x13"s + binary.substr(16) + "\x03\0\x04"s + "abcd"s});
    node one;
    gateway_rig rig(settings_for(one));
    auto client = rig.connect();
    rig.send(client, begin);
    check_closed(rig, client, one);
    CHECK(turned_away(rig, "bad_request") == 1);
}

TEST_CASE("a header that breaks off is closed and counted, one that never begins is a probe") {
    const auto header = one_of({line, binary});
    node one;
    gateway_rig rig(settings_for(one));
    for (std::size_t size = 0; size < header.size(); ++size) {
        auto client = rig.connect();
        client.send(header.substr(0, size));
        if (size % 2 == 0)
            rig.loop.settle();
        client.shut_write();
        rig.loop.settle();
        check_closed(rig, client, one);
    }
    CHECK(turned_away(rig, "bad_request") == static_cast<int>(header.size()) - 1);
}

TEST_CASE("a header has as long as a head has, from the accept, and bytes that trickle in do not "
          "move that") {
    const bool silent = GENERATE(true, false);
    node one;
    gateway_rig rig(settings_for(one));
    auto client = rig.connect();
    for (int second = 0; second < 9; ++second) {
        if (!silent)
            rig.send(client, line.substr(static_cast<std::size_t>(second), 1));
        rig.loop.advance(1s);
        CHECK(rig.server->open() == 1);
    }
    rig.loop.advance(1s + fake::past);
    check_closed(rig, client, one);
    CHECK(turned_away(rig, "request_timeout") == 1);
}

TEST_CASE("the time of a head goes on behind the header, and silence there is nobody's fault") {
    node one;
    gateway_rig rig(settings_for(one));
    auto client = rig.connect();
    rig.loop.advance(9s);
    rig.send(client, line);
    CHECK(rig.server->open() == 1);
    rig.loop.advance(1s + fake::past);
    check_closed(rig, client, one);
    CHECK(turned_away(rig, "request_timeout") == 0);

    auto slow = rig.connect();
    rig.send(slow, line + "GET / HT");
    rig.loop.advance(10s + fake::past);
    CHECK(slow.receive().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("a drain does not wait for headers, and blames nobody for them") {
    node one;
    gateway_rig rig(settings_for(one));
    auto client = rig.connect();
    rig.send(client, "PROXY TCP4 ");
    rig.server->drain();
    rig.loop.settle();
    CHECK(rig.server->open() == 1);
    rig.loop.advance(sluice::http::server::drain_grace + fake::past);
    check_closed(rig, client, one);
    CHECK(turned_away(rig, "request_timeout") == 0);
}

TEST_CASE("what the named client says of those before it is believed only if it is a trusted proxy "
          "itself") {
    constexpr auto request = "GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n"
                             "X-Forwarded-Proto: https\r\nX-Request-Id: theirs\r\n\r\n";
    node one;
    gateway_rig stranger(settings_for(one));
    const auto replaced = told(stranger, one, line, request);
    CHECK(has(replaced, "X-Forwarded-For: 203.0.113.9\r\n"));
    CHECK(has(replaced, "X-Forwarded-Proto: http\r\n"));
    CHECK_FALSE(has(replaced, "theirs"));

    gateway_rig known(settings_for(one, {sender, "203.0.113.0/24"}));
    const auto appended = told(known, one, line, request);
    CHECK(has(appended, "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n"));
    CHECK(has(appended, "X-Forwarded-Proto: https\r\n"));
    CHECK(has(appended, "X-Request-Id: theirs\r\n"));
}

TEST_CASE(
    "a header that names nobody leaves the sender's own address and lets nobody be believed") {
    const auto header = one_of({local, "PROXY UNKNOWN\r\n"s, signature + "\x21\0\0\0"s,
                                signature + "\x21\x31\0\xd8"s + std::string(216, '/')});
    node one;
    gateway_rig rig(settings_for(one));
    const auto seen =
        told(rig, one, header, "GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
    CHECK(has(seen, "X-Forwarded-For: 192.0.2.1\r\n"));
    CHECK_FALSE(has(seen, "6.6.6.6"));
}

TEST_CASE(
    "over TLS the header comes first, and the handshake behind it is not lost wherever it is cut") {
    const auto header = one_of({line, binary});
    node one;
    auto settings = settings_for(one);
    const fake::certificate site{{.name = "site"}};
    auto& tls = settings.listeners.back().tls.emplace();
    tls.certificates.push_back(fake::entry_of(site, {"node.test"}));
    gateway_rig rig(std::move(settings));

    fake::tls_client first({});
    first.end().handshake();
    const auto hello = first.end().give_out();
    const auto behind = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{4096});
    const auto together = std::min(behind, hello.size());
    auto wire = rig.connect();
    rig.send(wire, header + hello.substr(0, together));
    CHECK(rig.server->open() == 1);
    rig.send(wire, std::string_view(hello).substr(together));
    for (int round = 0; round < 4; ++round) {
        first.step(wire);
        rig.loop.settle();
    }
    first.send(wire, "GET /a HTTP/1.1\r\nHost: node.test\r\n\r\n");
    rig.loop.settle();
    auto upstream = one.accept();
    REQUIRE(upstream);
    const auto seen = upstream.receive();
    CHECK(has(seen, "X-Forwarded-For: 203.0.113.9\r\n"));
    CHECK(has(seen, "X-Forwarded-Proto: https\r\n"));
}

TEST_CASE(
    "a TLS handshake without its header, and one inside of whose header it begins, are closed") {
    node one;
    auto settings = settings_for(one);
    const fake::certificate site{{.name = "site"}};
    settings.listeners.back().tls.emplace().certificates.push_back(
        fake::entry_of(site, {"node.test"}));
    gateway_rig rig(std::move(settings));
    fake::tls_client tls({});
    tls.end().handshake();
    const auto hello = tls.end().give_out();
    for (const auto& begin : {std::string(), line.substr(0, 20), binary.substr(0, 14)}) {
        auto client = rig.connect();
        rig.send(client, begin + hello);
        check_closed(rig, client, one);
    }
    CHECK(turned_away(rig, "bad_request") == 3);
    CHECK(has(rig.metrics.text(), "outcome=\"failed\"} 0"));
}
