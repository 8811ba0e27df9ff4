// SPDX-License-Identifier: Apache-2.0
// A listener's TLS with OpenSSL as its client: which certificate, which versions, whose sessions are
// resumed, who is let in.
#include "fake/listener_tls.hpp"
#include "fake/loop.hpp"
#include "net/listener_tls.hpp"
#include "sluice/net/stream.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace net = sluice::net;
using fake::client_terms;
using net::client_auth;
using net::listener_tls_settings;

namespace {

using session_ptr = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

const std::vector<std::string_view> http_1{"http/1.1", "http/1.0"};

// What came of one handshake.
struct meeting {
    bool client_done = false;
    bool server_done = false;
    bool resumed = false;
    std::string shown;
    std::string version;
    std::string alpn;
    std::string failure;
    net::client_standing standing;
    bool standing_good = false;
    session_ptr session{nullptr, &SSL_SESSION_free};
};

meeting meet(const net::listener_tls& at, const client_terms& terms) {
    fake::loop loop;
    fake::socket_pair pair;
    net::stream server(loop.worker, pair.ours.release());
    loop.settle(1);
    REQUIRE(server.secure(at.accept()));
    fake::tls_client client(terms);
    meeting result;
    auto state = net::io_state::blocked;
    for (int round = 0; round < 8 && state != net::io_state::broken; ++round) {
        result.client_done = client.step(pair.theirs);
        loop.settle(1);
        state = server.handshake();
    }
    result.client_done = client.step(pair.theirs) || result.client_done;
    result.server_done = state == net::io_state::done;
    result.failure = server.tls()->failure();
    if (!result.server_done)
        return result;
    client.receive(pair.theirs);  // tickets
    const auto facts = server.tls()->facts();
    result.resumed = facts.resumed;
    result.version = facts.protocol;
    result.alpn = facts.alpn;
    result.shown = client.shown_name();
    result.standing_good = at.read_standing(*server.tls(), result.standing);
    result.session.reset(SSL_get1_session(client.ssl()));
    // else OpenSSL takes the session for broken and never resumes it
    SSL_set_shutdown(client.ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    return result;
}

std::shared_ptr<net::ticket_keys> keys() { return std::make_shared<net::ticket_keys>(); }

// One certificate for node.test, and authorities to ask clients for.
struct one_listener {
    fake::certificate shown;
    fake::certificate ca{{.name = "clients", .alternatives = "", .is_ca = true}};
    fake::certificate other_ca{{.name = "others", .alternatives = "", .is_ca = true}};
    fake::certificate known{{.name = "known"}, &ca};
    fake::certificate stranger{{.name = "stranger"}, &other_ca};
    listener_tls_settings settings;
    std::shared_ptr<net::ticket_keys> tickets = keys();

    one_listener() { settings.certificates.push_back(fake::entry_of(shown, {"node.test"})); }
    void ask(client_auth auth) {
        settings.client_auth = auth;
        settings.client_ca = fake::pem_of(ca.pem());
    }
    std::vector<std::string_view> protocols = http_1;

    net::listener_tls make(std::string_view name = "web") const {
        return {settings, name, tickets, protocols};
    }
};

// `by`'s list of revoked certificates.
std::string crl_pem(const fake::certificate& by, const fake::certificate* revoked) {
    X509_CRL* const list = X509_CRL_new();
    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(by.shown()));
    ASN1_TIME* const time = ASN1_TIME_new();
    X509_CRL_set1_lastUpdate(list, X509_gmtime_adj(time, -60));
    X509_CRL_set1_nextUpdate(list, X509_gmtime_adj(time, 86'400));
    if (revoked != nullptr) {
        X509_REVOKED* const entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->shown()));
        X509_REVOKED_set_revocationDate(entry, X509_gmtime_adj(time, -60));
        X509_CRL_add0_revoked(list, entry);
    }
    ASN1_TIME_free(time);
    X509_CRL_sign(list, by.key(), EVP_sha256());
    const fake::openssl_ptr<BIO> out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509_CRL(out.get(), list);
    X509_CRL_free(list);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

const int both_versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

}  // namespace

TEST_CASE("a client is shown the certificate of the name it asks for") {
    const fake::certificate first({.name = "first"}), second({.name = "second"});
    listener_tls_settings settings;
    settings.certificates = {fake::entry_of(first, {"first.test"}),
                             fake::entry_of(second, {"second.test", "*.second.test"})};
    const net::listener_tls at(settings, "web", keys(), http_1);
    for (const int version : both_versions) {
        CHECK(meet(at, {.server_name = "second.test", .version = version}).shown == "second");
        CHECK(meet(at, {.server_name = "SECOND.Test.", .version = version}).shown == "second");
        CHECK(meet(at, {.server_name = "a.second.test", .version = version}).shown == "second");
        CHECK(meet(at, {.server_name = "first.test", .version = version}).shown == "first");
        CHECK(meet(at, {.server_name = "unknown.test", .version = version}).shown == "first");
        CHECK(meet(at, {.server_name = "", .version = version}).shown == "first");
    }
}

TEST_CASE("of two kinds of keys for a name a client gets the one it can verify") {
    const fake::certificate rsa({.name = "rsa", .is_rsa = true}), ecdsa({.name = "ecdsa"});
    listener_tls_settings settings;
    settings.certificates = {fake::entry_of(rsa, {"node.test"}),
                             fake::entry_of(ecdsa, {"node.test"})};
    const net::listener_tls at(settings, "web", keys(), http_1);
    CHECK(meet(at, {.signatures = "RSA-PSS+SHA256"}).shown == "rsa");
    CHECK(meet(at, {.signatures = "ECDSA+SHA256"}).shown == "ecdsa");
}

TEST_CASE_METHOD(one_listener, "versions before TLS 1.2, and before min_version, are not spoken") {
    const auto usual = make();
    CHECK(meet(usual, {.version = TLS1_3_VERSION}).version == "TLSv1.3");
    CHECK(meet(usual, {.version = TLS1_2_VERSION}).version == "TLSv1.2");
    CHECK_FALSE(meet(usual, {.version = TLS1_1_VERSION}).server_done);
    settings.min_version = net::tls_version::tls_1_3;
    const auto strict = make();
    CHECK(meet(strict, {.version = TLS1_3_VERSION}).server_done);
    CHECK_FALSE(meet(strict, {.version = TLS1_2_VERSION}).server_done);
}

TEST_CASE_METHOD(one_listener, "HTTP/1.1 is agreed on by ALPN, and nothing else is taken for it") {
    const auto at = make();
    CHECK(meet(at, {.alpn = "\x02h2\x08http/1.1"}).alpn == "http/1.1");
    CHECK(meet(at, {.alpn = "\x08http/1.0"}).alpn == "http/1.0");
    CHECK(meet(at, {}).alpn.empty());
    CHECK(meet(at, {}).server_done);
    CHECK_FALSE(meet(at, {.alpn = "\x02h2"}).server_done);
    CHECK_FALSE(meet(at, {.alpn = "\x03"
                                  "ftp"})
                    .server_done);
}

TEST_CASE_METHOD(one_listener, "a listener's order decides which of the protocols is agreed on") {
    protocols = {"h2", "http/1.1", "http/1.0"};
    const auto at = make();
    CHECK(meet(at, {.alpn = "\x08http/1.1\x02h2"}).alpn == "h2");
    CHECK(meet(at, {.alpn = "\x08http/1.1"}).alpn == "http/1.1");
    CHECK(meet(at, {}).server_done);
    protocols = {"h2"};
    const auto strict = make();
    CHECK(meet(strict, {.alpn = "\x02h2"}).alpn == "h2");
    CHECK_FALSE(meet(strict, {.alpn = "\x08http/1.1"}).server_done);
}

TEST_CASE_METHOD(one_listener, "whom clients must be from is what client_auth says") {
    const auto auth = GENERATE(client_auth::none, client_auth::optional, client_auth::require);
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    ask(auth);
    const auto at = make();
    const auto nobody = meet(at, {.version = version});
    const auto good = meet(at, {.version = version, .shown = &known});
    const auto bad = meet(at, {.version = version, .shown = &stranger});
    CHECK(nobody.server_done == (auth != client_auth::require));
    CHECK(nobody.standing.subject.empty());
    REQUIRE(good.server_done);
    CHECK(good.standing.subject == (auth == client_auth::none ? "" : "CN=known"));
    CHECK(bad.server_done == (auth == client_auth::none));
    if (auth == client_auth::require)
        CHECK(nobody.failure == "certificate missing");
    if (auth != client_auth::none)
        CHECK(bad.failure.starts_with("certificate unknown issuer"));
}

TEST_CASE_METHOD(one_listener, "a client whose certificate expired or is not valid yet stays out") {
    ask(client_auth::optional);
    const auto at = make();
    const fake::certificate old({.name = "old", .from = -100, .until = -10}, &ca);
    const fake::certificate early({.name = "early", .from = 1000, .until = 2000}, &ca);
    CHECK(meet(at, {.shown = &old}).failure.starts_with("certificate expired"));
    CHECK(meet(at, {.shown = &early}).failure.starts_with("certificate not yet valid"));
}

TEST_CASE_METHOD(one_listener, "a revoked client stays out, and one no list speaks of too") {
    ask(client_auth::require);
    settings.crl = fake::pem_of(crl_pem(ca, &known));
    const fake::certificate another({.name = "another"}, &ca);
    CHECK(meet(make(), {.shown = &known}).failure.starts_with("certificate revoked"));
    CHECK(meet(make(), {.shown = &another}).server_done);
    settings.crl = fake::pem_of(crl_pem(other_ca, nullptr));
    CHECK(meet(make(), {.shown = &another}).failure.starts_with("certificate no usable CRL"));
}

TEST_CASE_METHOD(one_listener, "an authority below the root needs no revocation list of its own") {
    ask(client_auth::require);
    const fake::certificate middle({.name = "middle", .alternatives = "", .is_ca = true}, &ca);
    const fake::certificate leaf({.name = "leaf"}, &middle);
    settings.client_ca = fake::pem_of(ca.pem() + middle.pem());
    settings.crl = fake::pem_of(crl_pem(middle, nullptr));
    CHECK(meet(make(), {.shown = &leaf}).standing.subject == "CN=leaf");
    settings.crl = fake::pem_of(crl_pem(middle, nullptr) + crl_pem(ca, &middle));
    CHECK(meet(make(), {.shown = &leaf}).failure.starts_with("certificate revoked"));
}

TEST_CASE_METHOD(one_listener, "a subject is one line of visible ASCII, or the client stays out") {
    ask(client_auth::require);
    const auto at = make();
    const fake::certificate odd({.name = "a, \"b\"\r\nX-Admin: 1 \xC3\xA4", .units = {"o+u"}}, &ca);
    const auto met = meet(at, {.shown = &odd});
    CHECK(met.standing_good);
    CHECK(met.standing.subject == "OU=o\\+u,CN=a\\, \\\"b\\\"\\0D\\0AX-Admin: 1 \\C3\\A4");
    const fake::certificate endless(
        {.name = "endless", .units = std::vector<std::string>(40, std::string(60, 'u'))}, &ca);
    CHECK_FALSE(meet(at, {.shown = &endless}).standing_good);
}

TEST_CASE_METHOD(one_listener, "a session is resumed, also after a reload and by another worker") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    ask(client_auth::require);
    const auto first = make();
    const auto begun = meet(first, {.version = version, .shown = &known});
    REQUIRE(begun.server_done);
    CHECK_FALSE(begun.resumed);
    const auto again = meet(first, {.version = version, .session = begun.session.get()});
    CHECK(again.resumed);
    CHECK(again.standing.subject == "CN=known");
    const auto after_reload = make();
    const auto third = meet(after_reload, {.version = version, .session = again.session.get()});
    CHECK(third.resumed);
    CHECK(third.standing.subject == "CN=known");
}

// CVE-2025-23419: a session begun at one name must not let its client in at another that asks for
// other certificates.
TEST_CASE_METHOD(one_listener, "a session is not resumed under other client terms") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    ask(client_auth::require);
    auto other = fake::entry_of(shown, {"other.test"});
    other.client_ca = fake::pem_of(other_ca.pem());
    auto open = fake::entry_of(shown, {"open.test"});
    open.client_auth = client_auth::none;
    settings.certificates.push_back(other);
    settings.certificates.push_back(open);
    const auto at = make();
    const auto begun = meet(at, {.version = version, .shown = &known});
    REQUIRE(begun.server_done);

    const auto stolen =
        meet(at, {.server_name = "other.test", .version = version, .session = begun.session.get()});
    CHECK_FALSE(stolen.server_done);
    CHECK(stolen.failure == "certificate missing");
    const auto honest = meet(at, {.server_name = "other.test",
                                  .version = version,
                                  .shown = &stranger,
                                  .session = begun.session.get()});
    CHECK(honest.server_done);
    CHECK_FALSE(honest.resumed);
    CHECK(honest.standing.subject == "CN=stranger");

    const auto anonymous = meet(at, {.server_name = "open.test", .version = version});
    REQUIRE(anonymous.server_done);
    CHECK_FALSE(meet(at, {.version = version, .session = anonymous.session.get()}).server_done);
}

TEST_CASE_METHOD(one_listener, "a session is not resumed once its terms changed or elsewhere") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    ask(client_auth::require);
    const auto begun = meet(make(), {.version = version, .shown = &known});
    REQUIRE(begun.server_done);
    const client_terms again{.version = version, .session = begun.session.get()};
    CHECK(meet(make(), again).resumed);
    CHECK_FALSE(meet(make("another listener"), again).server_done);
    settings.crl = fake::pem_of(crl_pem(ca, &known));
    CHECK_FALSE(meet(make(), again).server_done);
    settings.crl.reset();
    tickets = keys();  // another process
    CHECK_FALSE(meet(make(), again).server_done);
}

TEST_CASE_METHOD(one_listener, "a host is asked for over a connection made under its terms") {
    ask(client_auth::require);
    auto open = fake::entry_of(shown, {"open.test", "also.open.test"});
    open.client_auth = client_auth::none;
    settings.certificates.push_back(open);
    settings.certificates.push_back(fake::entry_of(shown, {"same.test"}));
    const auto at = make();
    const auto guarded = meet(at, {.shown = &known}).standing.terms;
    const auto free = meet(at, {.server_name = "open.test"}).standing.terms;
    CHECK(guarded != free);
    CHECK(at.terms_for("node.test") == guarded);
    CHECK(at.terms_for("same.test") == guarded);
    CHECK(at.terms_for("unknown.test") == guarded);
    CHECK(at.terms_for("") == guarded);
    CHECK(at.terms_for("open.test") == free);
    CHECK(at.terms_for("also.open.test") == free);
}

TEST_CASE_METHOD(one_listener, "settings that cannot be served are never served without them") {
    ask(client_auth::require);
    settings.client_ca = fake::pem_of("nothing in it");
    CHECK_THROWS_AS(make(), std::runtime_error);
    settings.client_ca.reset();
    CHECK_THROWS_AS(make(), std::runtime_error);
    settings.client_auth = client_auth::none;
    settings.certificates[0].key = fake::pem_of(known.key_pem());
    CHECK_THROWS_AS(make(), std::runtime_error);
}
