// SPDX-License-Identifier: Apache-2.0
// Clients that speak TLS, through a worker's gateway to a plain node: who they are said to be, which
// hosts they may ask for, and how long a handshake may take.
#include "fake/gateway_rig.hpp"
#include "fake/listener_tls.hpp"
#include "fake/text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::has;
using fake::node;
using sluice::net::client_auth;

namespace {

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: node.test\r\n\r\n";

// Certificates take milliseconds to make: once is enough.
struct identities {
    fake::certificate site{{.name = "site"}};
    fake::certificate ca{{.name = "clients", .alternatives = "", .is_ca = true}};
    fake::certificate known{{.name = "known"}, &ca};
};

const identities& known_identities() {
    static const identities made;
    return made;
}

// `node.test` asks for client certificates when `auth` says so, `open.test` never does.
sluice::app::settings tls_settings(const node& to, client_auth auth = client_auth::none) {
    const auto& pki = known_identities();
    auto all = fake::settings_for({&to});
    auto& tls = all.listeners.emplace_back().tls.emplace();
    tls.certificates.push_back(fake::entry_of(pki.site, {"node.test"}));
    tls.certificates.push_back(fake::entry_of(pki.site, {"open.test"}));
    tls.certificates.back().client_auth = client_auth::none;
    tls.client_auth = auth;
    if (auth != client_auth::none)
        tls.client_ca = fake::pem_of(pki.ca.pem());
    return all;
}

// A client of the rig over TLS.
struct secure_client {
    secure_client(gateway_rig& of, const fake::client_terms& terms = {})
        : rig(of), wire(of.connect()), tls(terms) {}

    bool shake_hands() {
        bool done = false;
        for (int round = 0; round < 4; ++round) {
            done = tls.step(wire);
            rig.loop.settle();
        }
        return done;
    }
    void send(std::string_view bytes) {
        tls.send(wire, bytes);
        rig.loop.settle();
    }
    std::string receive() { return tls.receive(wire); }

    gateway_rig& rig;
    fake::socket wire;
    fake::tls_client tls;
};

int count_of(const gateway_rig& rig, const std::string& outcome) {
    const auto page = rig.metrics.text();
    const auto line = "sluice_tls_handshakes_total{listener=\"web\",outcome=\"" + outcome + "\"} ";
    const auto at = page.find(line);
    return at == std::string::npos ? -1 : std::stoi(page.substr(at + line.size()));
}

}  // namespace

TEST_CASE("a request over TLS reaches its node as https and with the client's verified subject") {
    node one;
    gateway_rig rig(tls_settings(one, client_auth::require));
    secure_client client(rig, {.shown = &known_identities().known});
    REQUIRE(client.shake_hands());
    client.send("GET /a HTTP/1.1\r\nHost: node.test\r\nX-Client-Subject: CN=admin\r\n"
                "x_client-subject: CN=admin\r\nConnection: X-Client-Subject\r\n\r\n");
    auto upstream = one.accept();
    REQUIRE(upstream);
    const auto request = upstream.receive();
    CHECK(has(request, "X-Forwarded-Proto: https\r\n"));
    CHECK(has(request, "X-Client-Subject: CN=known\r\n"));
    CHECK_FALSE(has(request, "admin"));
    rig.send(upstream, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200 "));
    client.send(get);
    CHECK(has(upstream.receive(), "X-Client-Subject: CN=known\r\n"));
    CHECK(count_of(rig, "full") == 1);
}

TEST_CASE("nobody but the gateway says who a client is") {
    const bool tls = GENERATE(false, true);
    node one;
    auto settings = tls_settings(one);
    if (!tls)
        settings.listeners.clear();
    gateway_rig rig(std::move(settings));
    const std::string claim = "GET /a HTTP/1.1\r\nHost: node.test\r\nX-Client-Subject: CN=admin\r\n"
                              "X_Client_Subject: CN=admin\r\n\r\n";
    fake::socket plain;
    std::unique_ptr<secure_client> secure;
    if (tls) {
        secure = std::make_unique<secure_client>(rig);
        REQUIRE(secure->shake_hands());
        secure->send(claim);
    } else {
        plain = rig.connect();
        rig.send(plain, claim);
    }
    auto upstream = one.accept();
    REQUIRE(upstream);
    const auto request = upstream.receive();
    CHECK(has(request, "GET /a "));
    CHECK_FALSE(has(request, "ubject"));
}

TEST_CASE("a request that comes in one flight with the end of the handshake is answered") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client client(rig, {.version = version});
    // TLS 1.2 lets the server finish last, so its client writes after that only.
    bool done = false;
    while (!done) {
        client.tls.end().take_in(client.wire.receive());
        done = client.tls.end().handshake();
        if (done)
            client.tls.end().write(get);
        rig.send(client.wire, client.tls.end().give_out());
    }
    auto upstream = one.accept();
    REQUIRE(upstream);
    rig.send(upstream, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("large bodies pass both ways over TLS, and the connection serves the next request") {
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client client(rig);
    REQUIRE(client.shake_hands());
    const std::string body(300'000, 'b');
    client.tls.end().write("POST /a HTTP/1.1\r\nHost: node.test\r\nContent-Length: 300000\r\n\r\n" +
                           body);
    const auto sealed = client.tls.end().give_out();
    fake::socket upstream;
    std::string arrived;
    for (std::size_t at = 0; at < sealed.size() || arrived.size() < body.size();) {
        at += client.wire.send(std::string_view(sealed).substr(at));
        rig.loop.settle();
        if (!upstream)
            upstream = one.accept();
        arrived += upstream.receive();
    }
    CHECK(has(arrived, body));
    const auto answer = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body;
    std::string got;
    for (std::size_t at = 0; at < answer.size() || !has(got, body);) {
        at += upstream.send(std::string_view(answer).substr(at));
        rig.loop.settle();
        got += client.receive();
    }
    client.send(get);
    CHECK(has(upstream.receive(), "GET /a "));
}

TEST_CASE("a host under other client terms than the connection's is 421, and no node sees it") {
    node one;
    gateway_rig rig(tls_settings(one, client_auth::require));
    secure_client anybody(rig, {.server_name = "open.test"});
    REQUIRE(anybody.shake_hands());
    anybody.send(get);
    const auto refused = anybody.receive();
    CHECK(refused.starts_with("HTTP/1.1 421 "));
    CHECK(has(refused, "\"code\":\"misdirected\""));
    anybody.send("GET /a HTTP/1.1\r\nHost: NODE.test.:8443\r\n\r\n");
    CHECK(anybody.receive().starts_with("HTTP/1.1 421 "));
    anybody.send("GET /a HTTP/1.1\r\nHost: unknown.test\r\n\r\n");  // the default asks too
    CHECK(anybody.receive().starts_with("HTTP/1.1 421 "));
    anybody.send("GET http://node.test/a HTTP/1.1\r\nHost: node.test\r\n\r\n");
    CHECK(anybody.receive().starts_with("HTTP/1.1 421 "));
    CHECK_FALSE(one.accept());
    anybody.send("GET /a HTTP/1.1\r\nHost: open.test\r\n\r\n");
    auto upstream = one.accept();
    REQUIRE(upstream);
    rig.send(upstream, fake::empty_answer);
    CHECK(anybody.receive().starts_with("HTTP/1.1 200 "));
    CHECK(has(rig.metrics.text(), "sluice_rejected_total{reason=\"misdirected\"} 4"));
}

TEST_CASE("a request without Host is one for the default certificate") {
    node one;
    gateway_rig rig(tls_settings(one, client_auth::require));
    secure_client anybody(rig, {.server_name = "open.test"});
    REQUIRE(anybody.shake_hands());
    anybody.send("GET /a HTTP/1.0\r\n\r\n");
    CHECK(anybody.receive().starts_with("HTTP/1.1 421 "));
    secure_client known(rig, {.shown = &known_identities().known});
    REQUIRE(known.shake_hands());
    known.send("GET /a HTTP/1.0\r\n\r\n");
    CHECK(one.accept());
}

TEST_CASE("where everybody's terms are the same, any host may be asked for") {
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client client(rig, {.server_name = "open.test"});
    REQUIRE(client.shake_hands());
    client.send(get);
    CHECK(one.accept());
}

TEST_CASE("a handshake has one deadline, and bytes that trickle in do not move it") {
    const bool silent = GENERATE(true, false);
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client client(rig);
    client.tls.end().handshake();
    const auto hello = client.tls.end().give_out();
    const auto wait = rig.settings.timeouts.tls_handshake;
    for (int i = 0; i < 9; ++i) {
        if (!silent)
            client.wire.send(std::string_view(hello).substr(i, 1));
        rig.loop.advance(wait / 10);
        REQUIRE(rig.closed == 0);
    }
    rig.loop.advance(wait / 10 + fake::past);
    CHECK(rig.closed == 1);
    CHECK(count_of(rig, "timeout") == 1);
    client.wire.receive();
    CHECK(client.wire.at_end());
}

TEST_CASE("the time a head may take begins with the end of the handshake") {
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client client(rig);
    rig.loop.advance(9s);
    REQUIRE(client.shake_hands());
    rig.loop.advance(9s);
    CHECK(rig.closed == 0);
    rig.loop.advance(1s + fake::past);
    CHECK(rig.closed == 1);
}

TEST_CASE("plain HTTP on a TLS listener is closed without an answer") {
    node one;
    gateway_rig rig(tls_settings(one));
    auto client = rig.connect();
    rig.send(client, get);
    CHECK(client.receive().empty());
    CHECK(client.at_end());
    CHECK_FALSE(client.was_reset());
    client.close();
    rig.loop.settle();
    CHECK(rig.closed == 1);
    CHECK(count_of(rig, "failed") == 1);
    CHECK_FALSE(one.accept());
}

TEST_CASE("a probe of the port is no handshake that failed") {
    node one;
    gateway_rig rig(tls_settings(one));
    auto client = rig.connect();
    client.close();
    rig.loop.settle();
    CHECK(rig.closed == 1);
    CHECK(count_of(rig, "failed") == 0);
}

TEST_CASE("a client that is refused gets to read the alert, whatever it had sent behind") {
    node one;
    gateway_rig rig(tls_settings(one, client_auth::require));
    secure_client client(rig);
    while (!client.tls.end().handshake()) {  // TLS 1.3: done before the server has judged
        client.wire.send(client.tls.end().give_out());
        rig.loop.settle();
        client.tls.end().take_in(client.wire.receive());
    }
    client.tls.end().write(get);
    client.wire.send(client.tls.end().give_out());
    rig.loop.settle();
    CHECK(client.receive().empty());
    client.wire.receive();
    CHECK(client.wire.at_end());
    CHECK_FALSE(client.wire.was_reset());
    CHECK(SSL_get_shutdown(client.tls.ssl()) == SSL_RECEIVED_SHUTDOWN);  // by a fatal alert
    CHECK(count_of(rig, "failed") == 1);
    CHECK(rig.closed == 0);
    client.wire.close();
    rig.loop.settle();
    CHECK(rig.closed == 1);
}

TEST_CASE("a drain closes who is silent in a handshake and serves who goes on") {
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client silent(rig);
    secure_client busy(rig);
    busy.tls.step(busy.wire);
    rig.loop.settle();
    rig.server->drain();
    rig.loop.settle();
    rig.loop.advance(900ms);
    CHECK(rig.closed == 0);
    REQUIRE(busy.shake_hands());
    rig.loop.advance(100ms + fake::past);
    CHECK(rig.closed == 1);
    busy.send(get);
    auto upstream = one.accept();
    REQUIRE(upstream);
    rig.send(upstream, fake::empty_answer);
    CHECK(has(busy.receive(), "Connection: close\r\n"));
    CHECK(rig.closed == 2);
}

TEST_CASE("an abort ends handshakes, idle connections and requests alike") {
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client silent(rig);
    secure_client begun(rig);
    begun.tls.step(begun.wire);
    secure_client idle(rig);
    REQUIRE(idle.shake_hands());
    secure_client asking(rig);
    REQUIRE(asking.shake_hands());
    asking.send(get);
    rig.server->abort();
    rig.loop.settle();
    CHECK(rig.closed == 4);
    CHECK(rig.server->open() == 0);
}

TEST_CASE("a connection that ends between requests says so in TLS") {
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client client(rig);
    REQUIRE(client.shake_hands());
    client.send(get);
    auto upstream = one.accept();
    rig.send(upstream, fake::empty_answer);
    client.receive();
    rig.loop.advance(rig.settings.timeouts.client_idle + fake::past);
    client.receive();
    CHECK(client.tls.end().ended());
    CHECK(rig.closed == 1);
}

TEST_CASE("new certificates are for new connections, and open ones go on") {
    node one;
    gateway_rig rig(tls_settings(one));
    secure_client before(rig);
    REQUIRE(before.shake_hands());
    const fake::certificate renewed({.name = "renewed"});
    rig.settings.listeners[0].tls->certificates[0] = fake::entry_of(renewed, {"node.test"});
    rig.server->replace(rig.listener());
    secure_client after(rig);
    REQUIRE(after.shake_hands());
    CHECK(before.tls.shown_name() == "site");
    CHECK(after.tls.shown_name() == "renewed");
    before.send(get);
    CHECK(one.accept());
}
