// SPDX-License-Identifier: Apache-2.0
// TLS between the gateway and its nodes: which connection serves, which is kept, and what a failed
// handshake costs. What certificates are refused for is in tests/process.
#include "fake/gateway_rig.hpp"
#include "fake/h2_node.hpp"
#include "fake/tls.hpp"
#include "net/pem_content.hpp"
#include "sluice/net/upstream_tls.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::node;
using fake::settings_for;
using fake::tls_end;
using sluice::net::upstream_tls_mode;

namespace {

const fake::certificate& authority() {
    static const fake::certificate made({.name = "root", .alternatives = "", .is_ca = true});
    return made;
}

sluice::app::settings secured(std::initializer_list<const node*> nodes,
                              const std::string& name = "node.test") {
    auto all = settings_for(nodes);
    auto& tls = all.services[0].tls;
    tls.mode = upstream_tls_mode::tls;
    tls.ca = {"ca.pem", sluice::net::pem_content::of(authority().pem())};
    tls.server_name = name;
    std::string why;
    tls.context = sluice::net::upstream_tls::of(tls, why);
    REQUIRE(tls.context);
    return all;
}

// The node's end of one connection.
class conversation {
public:
    conversation(gateway_rig& rig, SSL_CTX& context, fake::socket accepted)
        : rig_(rig), link_(std::move(accepted)), tls_(context, tls_end::role::server) {
        REQUIRE(link_);
    }
    conversation(gateway_rig& rig, SSL_CTX& context, node& from)
        : conversation(rig, context, from.accept()) {
        for (int i = 0; i < 4; ++i) {
            listen();
            tls_.handshake();
            send();
        }
    }

    std::string hears() {
        listen();
        return tls_.read();
    }
    void says(std::string_view bytes) {
        tls_.write(bytes);
        send();
    }
    void sends_a_ticket() {
        SSL_new_session_ticket(tls_.ssl());
        SSL_do_handshake(tls_.ssl());
        ERR_clear_error();
        send();
    }
    void ends() {
        tls_.end();
        send();
    }
    void send() {
        link_.send(tls_.give_out());
        rig_.loop.settle();
    }
    std::string ciphertext() { return link_.receive(); }
    bool was_told_goodbye() {
        hears();
        return tls_.ended();
    }
    fake::socket& link() { return link_; }
    tls_end& tls() { return tls_; }

private:
    void listen() { tls_.take_in(link_.receive()); }

    gateway_rig& rig_;
    fake::socket link_;
    tls_end tls_;
};

struct fixture {
    node one;
    fake::certificate shown{{}, &authority()};
    fake::openssl_ptr<SSL_CTX> context = fake::server_context(shown);

    conversation accept(gateway_rig& rig) { return {rig, *context, one}; }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a request and its answer pass through TLS, and the connection is kept") {
    gateway_rig rig(secured({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = accept(rig);
    CHECK(upstream.hears().starts_with("GET /a HTTP/1.1\r\n"));
    upstream.says(fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
    rig.send(client, fake::get);
    CHECK(upstream.hears().starts_with("GET /a HTTP/1.1\r\n"));
    CHECK_FALSE(one.accept());
}

TEST_CASE_METHOD(fixture, "a head and its body leave in one record") {
    gateway_rig rig(secured({&one}));
    auto client = rig.connect();
    rig.send(client, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    auto upstream = accept(rig);
    upstream.hears();
    upstream.says(fake::empty_answer);
    rig.send(client, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    const auto bytes = upstream.ciphertext();
    const auto size =
        static_cast<unsigned char>(bytes[3]) * 256U + static_cast<unsigned char>(bytes[4]);
    CHECK(bytes.size() == 5 + size);
    upstream.tls().take_in(bytes);
    CHECK(upstream.tls().read().find("\r\n\r\nabc") != std::string::npos);
}

TEST_CASE_METHOD(fixture,
                 "an idle connection takes tickets in, and is dropped when the node ends it") {
    gateway_rig rig(secured({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto first = accept(rig);
    first.hears();
    first.says(fake::empty_answer);
    client.receive();
    SECTION("a ticket, seen when the next request comes") { first.sends_a_ticket(); }
    SECTION("a ticket, seen when idle connections are looked at") {
        first.sends_a_ticket();
        rig.loop.advance(2s);
    }
    SECTION("nothing") {}
    SECTION("close_notify") {
        first.ends();
        rig.send(client, fake::get);
        CHECK(first.was_told_goodbye());
        auto second = accept(rig);
        CHECK(second.hears().starts_with("GET /a "));
        return;
    }
    SECTION("bytes nobody asked for") {
        first.says(fake::empty_answer);
        rig.send(client, fake::get);
        auto second = accept(rig);
        CHECK(second.hears().starts_with("GET /a "));
        CHECK(client.receive().empty());
        return;
    }
    rig.send(client, fake::get);
    CHECK(first.hears().starts_with("GET /a "));
}

TEST_CASE_METHOD(fixture,
                 "an answer that more bytes follow in its record is not followed by a request") {
    gateway_rig rig(secured({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto first = accept(rig);
    first.hears();
    first.says(std::string(fake::empty_answer) + std::string(fake::empty_answer));
    CHECK(client.receive().find("200", 20) == std::string::npos);
    rig.send(client, fake::get);
    auto second = accept(rig);
    CHECK(second.hears().starts_with("GET /a "));
}

TEST_CASE_METHOD(fixture, "a failed handshake is tried on the next node, whatever the method") {
    node other;
    auto settings = secured({&one, &other});
    settings.services[0].retries.budget_percent = 0;  // a failed connect costs none
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    auto refused = one.accept();
    auto* served_by = &other;
    if (!refused) {
        refused = other.accept();
        served_by = &one;
    }
    REQUIRE(refused);
    SECTION("it speaks no TLS") { rig.send(refused, "HTTP/1.1 200 OK\r\n\r\n"); }
    SECTION("it closes") {
        refused.close();
        rig.loop.settle();
    }
    SECTION("it says nothing until upstream_tls") { rig.loop.advance(5s + fake::past); }
    conversation upstream(rig, *context, *served_by);
    CHECK(upstream.hears().find("\r\n\r\nabc") != std::string::npos);
    upstream.says(fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
    CHECK(rig.metrics.text().find("outcome=\"tls_error\"") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "all connects with TLS end after three times both deadlines") {
    node nodes[5];
    auto settings = secured({&nodes[0], &nodes[1], &nodes[2], &nodes[3], &nodes[4]});
    settings.services[0].retries.attempts = 10;
    settings.timeouts.connect = 1s;
    settings.timeouts.upstream_tls = 2s;
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, fake::get);
    for (int i = 0; i < 4; ++i)
        rig.loop.advance(2s + fake::past);
    CHECK(client.receive().empty());
    rig.loop.advance(1s);
    CHECK(client.receive().starts_with("HTTP/1.1 502"));
}

TEST_CASE_METHOD(fixture, "a client that leaves during a handshake ends it") {
    gateway_rig rig(secured({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = one.accept();
    CHECK_FALSE(upstream.receive().empty());
    client.reset();
    rig.loop.settle();
    upstream.receive();
    CHECK(upstream.at_end());
    CHECK(rig.stats().open == 0);
}

TEST_CASE_METHOD(fixture, "a node that refuses us after the handshake is a failure of TLS") {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    gateway_rig rig(secured({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    // the refusal may be answered by one more try
    while (auto link = one.accept()) {
        conversation upstream(rig, *context, std::move(link));
        for (int i = 0; i < 4; ++i) {
            upstream.tls().take_in(upstream.ciphertext());
            upstream.tls().handshake();
            upstream.send();
        }
    }
    CHECK(client.receive().starts_with("HTTP/1.1 502"));
    CHECK_THAT(rig.stats().last_error, Catch::Matchers::Contains("certificate required"));
}

TEST_CASE_METHOD(fixture, "connections made for one name do not serve another") {
    const fake::certificate both({.alternatives = "DNS:node.test,DNS:other.test"}, &authority());
    context = fake::server_context(both);
    gateway_rig rig(secured({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto first = accept(rig);
    first.hears();
    first.says(fake::empty_answer);
    client.receive();
    const auto adopt = [&](const sluice::app::settings& settings) {
        rig.table =
            sluice::app::build_table(settings, 1, rig.table->generation + 1, rig.table.get());
        rig.gateway.adopt(rig.table);
    };
    adopt(secured({&one}));  // the same again: the connection stays
    rig.send(client, fake::get);
    CHECK(first.hears().starts_with("GET /a "));
    first.says(fake::empty_answer);
    client.receive();
    adopt(secured({&one}, "other.test"));
    rig.send(client, fake::get);
    CHECK(first.hears().empty());
    auto second = accept(rig);
    CHECK(second.hears().starts_with("GET /a "));
    CHECK(std::string(SSL_get_servername(second.tls().ssl(), TLSEXT_NAMETYPE_host_name)) ==
          "other.test");
}

TEST_CASE_METHOD(fixture,
                 "a body without length that ends without close_notify is visibly broken") {
    gateway_rig rig(secured({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = accept(rig);
    upstream.hears();
    upstream.says("HTTP/1.1 200 OK\r\n\r\nall there is");
    SECTION("with it the answer is whole") {
        upstream.ends();
        CHECK_THAT(client.receive(), Catch::Matchers::EndsWith("0\r\n\r\n"));
    }
    SECTION("without it the chunks have no end") {
        upstream.link().close();
        rig.loop.settle();
        const auto got = client.receive();
        CHECK_THAT(got, Catch::Matchers::EndsWith("all there is\r\n"));
        CHECK(client.at_end());
    }
}

namespace {

// What the node agrees to of what it is offered, noted.
struct agreed {
    std::string wants;
    std::string offered;

    void take_part(SSL_CTX& context) { SSL_CTX_set_alpn_select_cb(&context, choose, this); }
    static int choose(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                      unsigned in_size, void* user) {
        auto& self = *static_cast<agreed*>(user);
        self.offered.assign(reinterpret_cast<const char*>(in), in_size);
        const auto at = self.offered.find(self.wants);
        if (self.wants.empty() || at == std::string::npos)
            return SSL_TLSEXT_ERR_NOACK;
        *out = in + at;
        *size = static_cast<unsigned char>(self.wants.size());
        return SSL_TLSEXT_ERR_OK;
    }
};

sluice::app::settings speaking(const node& one, sluice::service::node_protocol what) {
    auto all = secured({&one});
    all.services[0].protocol = what;
    return all;
}

using sluice::service::node_protocol;

constexpr std::string_view call = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: "
                                  "application/grpc\r\nContent-Length: 0\r\n\r\n";

}  // namespace

TEST_CASE_METHOD(fixture, "a node that agrees to h2 is spoken to in HTTP/2") {
    const auto speaks = GENERATE(node_protocol::http2, node_protocol::automatic);
    agreed alpn{"h2", {}};
    alpn.take_part(*context);
    gateway_rig rig(speaking(one, speaks));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = accept(rig);
    CHECK(alpn.offered == (speaks == node_protocol::http2 ? "\x02h2" : "\x02h2\x08http/1.1"));
    fake::h2_node end{fake::socket()};
    const auto turn = [&] {
        end.take_in(upstream.hears());
        upstream.says(end.give_out());
    };
    turn();
    CHECK(end.last()[":scheme"] == "https");
    end.head(1, {{":status", "200"}}, true);
    turn();
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
    rig.send(client, fake::get);
    turn();
    CHECK(end.requests.size() == 2);
    CHECK_FALSE(one.accept());
}

TEST_CASE_METHOD(fixture, "a node that does not agree to h2 is no HTTP/2 node") {
    agreed alpn{GENERATE("", "http/1.1"), {}};
    alpn.take_part(*context);
    gateway_rig rig(speaking(one, node_protocol::http2));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = accept(rig);
    CHECK(upstream.hears().empty());
    CHECK(client.receive().starts_with("HTTP/1.1 502"));
    CHECK(rig.stats().last_error == "tls: the node does not speak HTTP/2: no h2 agreed by ALPN");
    CHECK(rig.stats().open == 0);
}

TEST_CASE_METHOD(fixture, "a node that prefers HTTP/1 gets it, a connection for each that waited") {
    agreed alpn{"http/1.1", {}};
    alpn.take_part(*context);
    gateway_rig rig(speaking(one, node_protocol::automatic));
    auto first = rig.connect(), second = rig.connect();
    first.send(fake::get);
    second.send(fake::get);
    rig.loop.settle();
    auto upstream = accept(rig);
    CHECK(upstream.hears().starts_with("GET /a HTTP/1.1\r\n"));
    auto other = accept(rig);  // not before it was known
    CHECK(other.hears().starts_with("GET /a HTTP/1.1\r\n"));
    other.says(fake::empty_answer);
    upstream.says(fake::empty_answer);
    CHECK(first.receive().starts_with("HTTP/1.1 200"));
    CHECK(second.receive().starts_with("HTTP/1.1 200"));
    rig.send(first, call);
    CHECK(upstream.hears().empty());
    CHECK(other.hears().empty());
    CHECK(first.receive().find("grpc-status: 12\r\n") != std::string::npos);
    CHECK(rig.stats().idle == 2);  // nothing was sent over it, so it serves others
}
