// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/strings.hpp"
#include "sluice/http/head.hpp"

#include <catch2/catch.hpp>

#include <string>

using sluice::http::field_id;
using sluice::http::header_list;
using sluice::http::idempotent;
using sluice::http::identify;
using sluice::http::method;
using sluice::http::spelling;

TEST_CASE("every known field name has its id in any case") {
    const std::pair<std::string, field_id> names[] = {
        {"Connection", field_id::connection},
        {"Content-Length", field_id::content_length},
        {"Content-Type", field_id::content_type},
        {"Cookie", field_id::cookie},
        {"Date", field_id::date},
        {"Expect", field_id::expect},
        {"Forwarded", field_id::forwarded},
        {"Host", field_id::host},
        {"HTTP2-Settings", field_id::http2_settings},
        {"Keep-Alive", field_id::keep_alive},
        {"Max-Forwards", field_id::max_forwards},
        {"Proxy-Authenticate", field_id::proxy_authenticate},
        {"Proxy-Authorization", field_id::proxy_authorization},
        {"Proxy-Connection", field_id::proxy_connection},
        {"TE", field_id::te},
        {"Trailer", field_id::trailer},
        {"Transfer-Encoding", field_id::transfer_encoding},
        {"Upgrade", field_id::upgrade},
        {"X-Forwarded-For", field_id::x_forwarded_for},
        {"X-Forwarded-Host", field_id::x_forwarded_host},
        {"X-Forwarded-Port", field_id::x_forwarded_port},
        {"X-Forwarded-Proto", field_id::x_forwarded_proto},
        {"X-Request-Id", field_id::x_request_id},
        {"X-Client-Subject", field_id::x_client_subject},
        {"X-Forwarded-Ssl", field_id::x_forwarded_other},
        {"X-Forwarded-A-Very-Long-Name-Of-Somebody", field_id::x_forwarded_other},
    };
    for (const auto& [name, id] : names) {
        INFO(name);
        std::string lower;
        std::string upper;
        std::string aliased;
        for (const char c : name) {
            lower += static_cast<char>(std::tolower(c));
            upper += static_cast<char>(std::toupper(c));
            aliased += c == '-' ? '_' : c;
        }
        CHECK(identify(name) == id);
        CHECK(identify(lower) == id);
        CHECK(identify(upper) == id);
        CHECK(identify(aliased, spelling::underscore_is_hyphen) == id);
        if (aliased != name)
            CHECK(identify(aliased) == field_id::other);
        CHECK(identify(name + "x") ==
              (id == field_id::x_forwarded_other || name.starts_with("X-Forwarded")
                   ? field_id::x_forwarded_other
                   : field_id::other));
    }
}

TEST_CASE("one other byte makes another name, whatever byte of a token it is") {
    for (const std::string name :
         {"te", "date", "host", "trailer", "upgrade", "connection", "content-length",
          "x-forwarded-for", "x-client-subject", "transfer-encoding", "proxy-authorization"})
        for (std::size_t at = 0; at < name.size(); ++at)
            for (int byte = 0x21; byte < 0x7F; ++byte) {
                auto changed = name;
                changed[at] = static_cast<char>(byte);
                if (!sluice::is_token(changed) || sluice::iequals(changed, name))
                    continue;
                INFO(changed);
                const auto id = identify(changed);
                CHECK((id == field_id::other || id == field_id::x_forwarded_other));
            }
}

TEST_CASE("other names are other, however near") {
    for (const char* name :
         {"", "x", "t", "hos", "hosted", "host ", "Content-Lengtg", "X-Forwarded-", "X-Forwarded",
          "-", "_", "proxy-authorizatiom", "Conneccion", "x-real-ip", "TF"})
        CHECK(identify(name) == field_id::other);
}

TEST_CASE("a list finds the first field by id and by name") {
    header_list list;
    list.add("Cookie", "a");
    list.add("X-A", "1");
    list.add("cookie", "b");
    CHECK(list.size() == 3);
    CHECK(list.find(field_id::cookie)->value == "a");
    CHECK(list.find("x-a")->value == "1");
    CHECK(list.find("X-B") == nullptr);
    CHECK(list.find(field_id::host) == nullptr);
    list.clear();
    CHECK(list.empty());
}

TEST_CASE("safe and repeatable methods are idempotent") {
    for (const method verb :
         {method::get, method::head, method::put, method::delete_, method::options, method::trace})
        CHECK(idempotent(verb));
    for (const method verb : {method::post, method::patch, method::connect, method::other})
        CHECK_FALSE(idempotent(verb));
}
