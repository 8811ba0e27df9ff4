// SPDX-License-Identifier: Apache-2.0
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "fake/tls.hpp"
#include "net/pem_content.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/net/tls_tickets.hpp"
#include "sluice/net/upstream_tls.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>

using fake::tls_end;
using sluice::net::io_state;
using sluice::net::pem_content;
using sluice::net::pem_file;
using sluice::net::stream;
using sluice::net::tls_tickets;
using sluice::net::tls_version;
using sluice::net::upstream_tls;
using sluice::net::upstream_tls_mode;
using sluice::net::upstream_tls_settings;

namespace {

const fake::certificate& authority() {
    static const fake::certificate made({.name = "root", .alternatives = "", .is_ca = true});
    return made;
}
const fake::certificate& shown() {
    static const fake::certificate made({}, &authority());
    return made;
}

pem_file file_of(std::string content) { return {"some.pem", pem_content::of(std::move(content))}; }

upstream_tls_settings plain_terms() {
    upstream_tls_settings terms;
    terms.mode = upstream_tls_mode::tls;
    terms.ca = file_of(authority().pem());
    return terms;
}

std::shared_ptr<const upstream_tls> context_of(const upstream_tls_settings& terms) {
    std::string why;
    auto made = upstream_tls::of(terms, why);
    INFO(why);
    REQUIRE(made);
    return made;
}

// A node and the connections that are made to it.
struct fixture {
    fake::loop loop;
    fake::openssl_ptr<SSL_CTX> theirs = fake::server_context(shown());
    std::shared_ptr<const upstream_tls> ours = context_of(plain_terms());
    tls_tickets tickets;
    std::string failure;

    /// One connection from begin to end: whether it was resumed, or nothing when it failed.
    std::optional<bool> connect(const std::string& name = "node.test") {
        return connect(name, tickets);
    }
    std::optional<bool> connect(const std::string& name, tls_tickets& of_that_name) {
        fake::socket_pair pair;
        stream mine(loop.worker, pair.ours.release());
        tls_end node(*theirs, tls_end::role::server);
        REQUIRE(mine.secure(ours->connect(name, of_that_name)));
        loop.settle();
        auto state = io_state::blocked;
        for (int i = 0; i < 4 && state == io_state::blocked; ++i) {
            state = mine.handshake();
            node.take_in(pair.theirs.receive());
            node.handshake();
            pair.theirs.send(node.give_out());
            loop.settle();
        }
        failure = mine.tls()->failure();
        if (state != io_state::done)
            return {};
        std::string room(16, '\0');
        mine.read(room);        // takes the tickets in
        mine.reset_on_close();  // however a connection ends, its session was a good one
        return mine.tls()->facts().resumed;
    }
};

}  // namespace

TEST_CASE("equal settings share one context, and whatever tells them apart tells contexts apart") {
    const auto first = context_of(plain_terms());
    auto other = plain_terms();
    SECTION("nothing") { CHECK(context_of(other) == first); }
    SECTION("the path of a file is not what is in it") {
        other.ca->path = "another.pem";
        CHECK(context_of(other) == first);
    }
    SECTION("the name belongs to the connection") {
        other.server_name = "another.test";
        CHECK(context_of(other) == first);
    }
    SECTION("a certificate that is not shown") {
        other.certificate = file_of(shown().pem());
        other.key = file_of(shown().key_pem());
        CHECK(context_of(other) == first);
    }
    SECTION("everything else") {
        SECTION("authorities") { other.ca = file_of(fake::certificate({.is_ca = true}).pem()); }
        SECTION("verification") { other.verify = false; }
        SECTION("version") { other.min_version = tls_version::tls_1_3; }
        SECTION("our certificate") {
            other.mode = upstream_tls_mode::mtls;
            other.certificate = file_of(shown().pem());
            other.key = file_of(shown().key_pem());
        }
        CHECK(context_of(other)->identity() != first->identity());
    }
}

TEST_CASE("a context lives as long as somebody holds it") {
    auto held = context_of(plain_terms());
    const std::weak_ptr<const upstream_tls> watched = held;
    held.reset();
    CHECK(watched.expired());
    CHECK(context_of(plain_terms()));
}

TEST_CASE("what OpenSSL refuses is told and is no context") {
    auto terms = plain_terms();
    terms.mode = upstream_tls_mode::mtls;
    terms.certificate = file_of(shown().pem());
    terms.key = file_of(authority().key_pem());
    std::string why;
    CHECK_FALSE(upstream_tls::of(terms, why));
    CHECK_FALSE(why.empty());
}

TEST_CASE_METHOD(fixture, "a node that proves its name is believed, another is not") {
    tls_tickets none[3];  // a resumed session shows no certificate
    CHECK(connect("node.test") == false);
    CHECK(connect("NODE.TEST", none[0]) == false);
    CHECK_FALSE(connect("other.test", none[1]));
    CHECK(failure == "certificate wrong name: hostname mismatch");
    CHECK_FALSE(connect("127.0.0.1", none[2]));
    CHECK(failure == "certificate wrong name: IP address mismatch");
}

TEST_CASE_METHOD(fixture, "a certificate signed by another key of the same name is told as such") {
    const fake::certificate impostor({.name = "root", .alternatives = "", .is_ca = true});
    const fake::certificate forged({}, &impostor);
    theirs = fake::server_context(forged);
    CHECK_FALSE(connect());
    CHECK(failure == "certificate bad signature: certificate signature failure");
}

TEST_CASE_METHOD(fixture, "without a name to check there is no verified connection") {
    CHECK(ours->connect("", tickets) == nullptr);
    auto terms = plain_terms();
    terms.verify = false;
    CHECK(context_of(terms)->connect("", tickets) != nullptr);
}

TEST_CASE_METHOD(fixture,
                 "a session is resumed as long as there are tickets, each of TLS 1.3 once") {
    CHECK(connect() == false);
    auto* const newest = tickets.take();
    REQUIRE(newest != nullptr);
    auto* const other = tickets.take();
    REQUIRE(other != nullptr);
    CHECK(tickets.take() == nullptr);
    CHECK(other != newest);
    tickets.keep(newest);
    SSL_SESSION_free(other);
    CHECK(connect() == true);
    CHECK(connect() == true);  // by the ticket the resumed one brought
}

TEST_CASE_METHOD(fixture, "a session of TLS 1.2 is resumed again and again") {
    SSL_CTX_set_max_proto_version(theirs.get(), TLS1_2_VERSION);
    CHECK(connect() == false);
    for (int i = 0; i < 3; ++i)
        CHECK(connect() == true);
}

TEST_CASE_METHOD(fixture, "a session is not resumed once the certificate it began with expired") {
    const fake::certificate old({.until = -1}, &authority());
    theirs = fake::server_context(old);
    auto terms = plain_terms();
    terms.verify = false;
    ours = context_of(terms);
    SSL_CTX_set_max_proto_version(theirs.get(), GENERATE(TLS1_2_VERSION, TLS1_3_VERSION));
    CHECK(connect() == false);
    CHECK(connect() == false);
}

TEST_CASE_METHOD(fixture, "only the newest few tickets are kept") {
    SSL_CTX_set_num_tickets(theirs.get(), 10);
    CHECK(connect() == false);
    std::size_t count = 0;
    while (auto* const one = tickets.take()) {
        SSL_SESSION_free(one);
        ++count;
    }
    CHECK(count == tls_tickets::most);
}
