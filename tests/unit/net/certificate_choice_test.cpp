// SPDX-License-Identifier: Apache-2.0
// Which certificates a name gets, without certificates.
#include "net/certificate_choice.hpp"

#include <catch2/catch.hpp>

using sluice::net::certificate_choice;
using sluice::net::key_kind;
using sluice::net::listener_tls_settings;
using group = certificate_choice::group;

namespace {

void add(listener_tls_settings& to, std::vector<std::string> names,
         key_kind kind = key_kind::ecdsa) {
    auto& one = to.certificates.emplace_back();
    one.names = std::move(names);
    one.kind = kind;
}

group chosen(const certificate_choice& from, std::string_view name) {
    return from.groups()[from.group_of(name)];
}

}  // namespace

TEST_CASE("a name gets its own certificate, then a wildcard's, then the default") {
    listener_tls_settings all;
    add(all, {"default.test"});
    add(all, {"*.shop.test"});
    add(all, {"a.shop.test", "b.test"});
    const certificate_choice choice(all);
    CHECK(chosen(choice, "a.shop.test") == group{2});
    CHECK(chosen(choice, "b.test") == group{2});
    CHECK(chosen(choice, "c.shop.test") == group{1});
    CHECK(chosen(choice, "default.test") == group{0});
    CHECK(chosen(choice, "other.test") == group{0});
    CHECK(choice.group_of("") == 0);
}

TEST_CASE("a wildcard stands for any labels, the longest one first, and not for its own domain") {
    listener_tls_settings all;
    add(all, {"default.test"});
    add(all, {"*.shop.test"});
    add(all, {"*.inner.shop.test"});
    const certificate_choice choice(all);
    CHECK(choice.group_of("shop.test") == 0);
    CHECK(choice.group_of("a.b.shop.test") == choice.group_of("a.shop.test"));
    CHECK(choice.group_of("a.b.shop.test") != 0);
    CHECK(choice.group_of("a.b.inner.shop.test") != choice.group_of("a.shop.test"));
    CHECK(choice.group_of("a.b.inner.shop.test") == choice.group_of("a.inner.shop.test"));
    CHECK(choice.group_of(".shop.test") == 0);
    CHECK(choice.group_of("*.shop.test") != 0);
    CHECK(choice.group_of(std::string(300, 'a') + ".shop.test") == 0);
}

TEST_CASE("certificates for the same name with different kinds of keys are shown together") {
    listener_tls_settings all;
    add(all, {"a.test", "b.test"}, key_kind::rsa);
    add(all, {"a.test"}, key_kind::ecdsa);
    add(all, {"a.test", "c.test"}, key_kind::rsa);
    const certificate_choice choice(all);
    CHECK(chosen(choice, "a.test") == group{0, 1});
    CHECK(chosen(choice, "b.test") == group{0});
    CHECK(chosen(choice, "c.test") == group{2});
    CHECK(chosen(choice, "unknown.test") == group{0, 1});
}

TEST_CASE("a first certificate without names is the default alone") {
    listener_tls_settings all;
    add(all, {});
    add(all, {"a.test"});
    const certificate_choice choice(all);
    CHECK(chosen(choice, "unknown.test") == group{0});
    CHECK(chosen(choice, "a.test") == group{1});
}
