// SPDX-License-Identifier: Apache-2.0
#include "fake/tls.hpp"
#include "net/pem_content.hpp"
#include "net/shared_objects.hpp"
#include "sluice/net/listener_tls_settings.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using sluice::net::pem_content;
using sluice::net::pem_file;
using sluice::net::shared_objects;

TEST_CASE("equal contents of PEM files are one object, read once") {
    const fake::certificate one;
    const auto first = pem_content::of(one.pem() + one.key_pem());
    const auto again = pem_content::of(one.pem() + one.key_pem());
    CHECK(again == first);
    std::string why;
    CHECK(first->certificates(why).front() == again->certificates(why).front());
    CHECK(first->private_key(why).get() == again->private_key(why).get());
    CHECK(why.empty());
    const auto other = pem_content::of(one.pem());
    CHECK(other != first);
    CHECK(other->digest() != first->digest());
}

TEST_CASE("a content nobody holds is forgotten") {
    std::weak_ptr<const pem_content> held = pem_content::of("passing");
    CHECK(held.expired());
    CHECK(pem_content::of("passing")->text() == "passing");
}

TEST_CASE("what is wrong with a content is said each time, and only of what was asked for") {
    const fake::certificate one;
    const auto content = pem_content::of(one.pem());
    for (int i = 0; i < 2; ++i) {
        std::string why;
        CHECK(content->certificates(why).size() == 1);
        CHECK(why.empty());
        CHECK_FALSE(content->private_key(why));
        CHECK(why == "it holds no private key in PEM form");
        CHECK(content->crls(why).empty());
        CHECK(why == "it holds no revocation list in PEM form");
    }
}

TEST_CASE("files are equal when path and content are") {
    const pem_file one{"a.pem", pem_content::of("x")};
    CHECK(one == pem_file{"a.pem", pem_content::of("x")});
    CHECK_FALSE(one == pem_file{"b.pem", pem_content::of("x")});
    CHECK_FALSE(one == pem_file{"a.pem", pem_content::of("y")});
    CHECK_FALSE(one == pem_file{"a.pem", nullptr});
}

TEST_CASE("of two objects made from the same thing the first stays while it is held") {
    shared_objects<int, std::string> known;
    auto first = known.add(1, std::make_shared<const std::string>("first"));
    CHECK(known.add(1, std::make_shared<const std::string>("second")) == first);
    CHECK(known.find(1) == first);
    CHECK_FALSE(known.find(2));
    for (int i = 2; i < 1'000; ++i)
        known.add(i, std::make_shared<const std::string>());  // held by nobody
    CHECK(known.find(1) == first);
    CHECK_FALSE(known.find(999));
    first.reset();
    CHECK_FALSE(known.find(1));
}
