// SPDX-License-Identifier: Apache-2.0
// The chunked decoder: what it takes, what it refuses and how early; every message also split at
// every offset.
#include "http/h1/chunked.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

using namespace std::literals;
using sluice::http::limits;
using sluice::http::h1::chunk_decoder;
using state = chunk_decoder::state;

namespace {

struct reading {
    state at = state::need_more;
    std::string content;
    std::size_t consumed = 0;
    std::vector<std::pair<std::string, std::string>> trailers;
    std::string_view reason;

    // The count of bytes looked at before a refusal depends on the split; everything else must not.
    friend bool operator==(const reading& a, const reading& b) {
        return a.at == b.at && a.content == b.content && a.trailers == b.trailers &&
               a.reason == b.reason && (a.at == state::failed || a.consumed == b.consumed);
    }
};

// Gives the decoder what there is until it wants more, as a connection does.
void drain(chunk_decoder& decoder, std::string_view available, const limits& bounds,
           reading& so_far) {
    for (;;) {
        const auto step = decoder.next(available.substr(so_far.consumed), bounds);
        so_far.consumed += step.consumed;
        so_far.content += step.content;
        so_far.at = step.at;
        so_far.reason = step.reason;
        if (step.at == state::end)
            for (const auto& one : decoder.trailers())
                so_far.trailers.emplace_back(one.name, one.value);
        if (step.at != state::content)
            return;
    }
}

reading read(std::string_view bytes, const limits& bounds = {}) {
    chunk_decoder decoder;
    reading whole;
    drain(decoder, bytes, bounds, whole);
    return whole;
}

reading read_in_parts(std::string_view bytes, std::size_t first, std::size_t each,
                      const limits& bounds) {
    chunk_decoder decoder;
    reading parts;
    for (std::size_t length = first;; length += each) {
        length = std::min(length, bytes.size());
        drain(decoder, bytes.substr(0, length), bounds, parts);
        if (length == bytes.size() || parts.at != state::need_more)
            return parts;
    }
}

reading read_every_way(std::string_view bytes, const limits& bounds = {}) {
    const reading whole = read(bytes, bounds);
    CHECK(read_in_parts(bytes, 1, 1, bounds) == whole);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        INFO("cut at " << cut);
        CHECK(read_in_parts(bytes, cut, bytes.size(), bounds) == whole);
    }
    return whole;
}

}  // namespace

TEST_CASE("chunks become content and the bytes behind the body stay") {
    const auto whole = read_every_way("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /");
    CHECK(whole.at == state::end);
    CHECK(whole.content == "hello world");
    CHECK(whole.consumed == "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"sv.size());
    CHECK(whole.trailers.empty());
}

TEST_CASE("well-formed chunked messages are accepted") {
    struct row {
        std::string name, bytes, content;
    };
    const row rows[] = {
        {"empty body", "0\r\n\r\n", ""},
        {"38 extension", "5;a=b\r\nhello\r\n0;last\r\n\r\n", "hello"},
        {"38 quoted extension", "5 ; a=\"x;y\" ;b\r\nhello\r\n0\r\n\r\n", "hello"},
        {"38 padded size", "5  \r\nhello\r\n0\t\r\n\r\n", "hello"},
        {"42 sixteen digits", "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "hello"},
        {"hex in both cases", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n",
         "01234567890123456789a"},
        {"CRLF inside content", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
    };
    for (const row& one : rows) {
        DYNAMIC_SECTION(one.name) {
            const auto whole = read_every_way(one.bytes);
            INFO(whole.reason);
            CHECK(whole.at == state::end);
            CHECK(whole.content == one.content);
            CHECK(whole.consumed == one.bytes.size());
        }
    }
}

TEST_CASE("malformed chunked messages are refused at the byte that is wrong") {
    struct row {
        std::string name, bytes;  // the last byte is the wrong one
    };
    const row rows[] = {
        {"39 bare LF in an extension", "5;a\n"},
        {"39 NUL in an extension", "5;a\0"s},
        {"39 bare CR in an extension", "5;a\rb"},
        {"39 DEL in an extension", "5;\x7f"},
        {"41 0x5", "0x"},
        {"41 +5", "+"},
        {"41 -0", "-"},
        {"41 leading space", " "},
        {"41 empty size", "\r"},
        {"41 only an extension", ";"},
        {"41 two numbers", "5 5"},
        {"41 seventeen digits", "00000000000000005"},
        {"41 2^63", "8000000000000000"},
        {"43 size line ended by LF", "5\n"},
        {"43 content ended by LF", "5\r\nhello\n"},
        {"43 content ended by bare CR", "5\r\nhello\rx"},
        {"content longer than its size", "5\r\nhello!"},
        {"44 last chunk ended by LF", "0\n"},
        {"44 LF behind the last chunk", "0\r\n\n"},
        {"bare CR behind the last chunk", "0\r\n\rx"},
        {"trailer with bare LF", "0\r\nA: b\n"},
        {"folded trailer", "0\r\nA: b\r\n "},
        {"white space before the first trailer", "0\r\n "},
        {"NUL in a trailer", "0\r\nA: \0"s},
        {"trailer without a colon", "0\r\nabc\r\n\r\n"},
        {"space before a trailer's colon", "0\r\nA : b\r\n\r\n"},
    };
    for (const row& one : rows) {
        DYNAMIC_SECTION(one.name) {
            const auto whole = read_every_way(one.bytes);
            CHECK(whole.at == state::failed);
            CHECK_FALSE(whole.reason.empty());
            CHECK(read(std::string_view{one.bytes}.substr(0, one.bytes.size() - 1)).at ==
                  state::need_more);
        }
    }
}

TEST_CASE("40 extensions are bounded for a chunk and for the message") {
    const auto chunk = [](std::size_t extension) {
        return "1;" + std::string(extension - 1, 'e') + "\r\nx\r\n";
    };
    CHECK(read(chunk(1024) + "0\r\n\r\n").at == state::end);
    CHECK(read(chunk(1025) + "0\r\n\r\n").at == state::failed);
    CHECK(read("5;" + std::string(1025, 'e')).at == state::failed);
    std::string many;
    for (int i = 0; i < 16; ++i)
        many += chunk(1024);
    CHECK(read(many + "0\r\n\r\n").at == state::end);
    CHECK(read(many + "0;\r\n\r\n").at == state::failed);
    std::string small;
    for (int i = 0; i < 1000; ++i)
        small += chunk(20);
    CHECK(read(small).at == state::failed);
}

TEST_CASE("45, 46 trailers are kept apart and forbidden ones dropped") {
    const auto whole = read_every_way(
        "0\r\nContent-Length: 5\r\nHost: evil\r\nAuthorization: x\r\nChecksum: 1\r\n\r\nrest");
    REQUIRE(whole.at == state::end);
    REQUIRE(whole.trailers.size() == 1);
    CHECK(whole.trailers[0].first == "Checksum");
    CHECK(whole.trailers[0].second == "1");
}

TEST_CASE("47 too many trailers are refused without being waited for") {
    std::string trailers = "0\r\n";
    for (int i = 0; i < 129; ++i)
        trailers += "a:b\r\n";
    CHECK(read(trailers).at == state::failed);
    CHECK(read("0\r\nA: " + std::string(17 * 1024, 'a')).at == state::failed);
    limits narrow;
    narrow.head = 20;
    CHECK(read("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", narrow).at == state::end);
    CHECK(read("0\r\nA: 1\r\nB: 2\r\nC: 33\r\n\r\n", narrow).at == state::failed);
}

TEST_CASE("a refused message stays refused and a reset decoder starts anew") {
    chunk_decoder decoder;
    CHECK(decoder.next("x", {}).at == state::failed);
    CHECK(decoder.next("0\r\n\r\n", {}).at == state::failed);
    decoder.reset();
    CHECK(decoder.next("0\r\nA: b\r\n\r\n", {}).at == state::end);
    CHECK(decoder.trailers().size() == 1);
    CHECK(decoder.next("more", {}).consumed == 0);
    decoder.reset();
    CHECK(decoder.trailers().empty());
    CHECK(decoder.next("", {}).at == state::need_more);
}

TEST_CASE("a chunk of any size passes as it comes, without being held") {
    chunk_decoder decoder;
    const auto first = decoder.next("7FFFFFFFFFFFFFFF\r\nab", {});
    CHECK(first.at == state::content);
    CHECK(first.content == "ab");
    const auto second = decoder.next("cd", {});
    CHECK(second.content == "cd");
    CHECK(second.consumed == 2);
}

TEST_CASE("random bytes never crash the decoder and read alike in every split") {
    std::mt19937 random{20240602};
    constexpr std::string_view alphabet = "012f\r\n\r\n;: \taA=\0\xff"sv;
    for (int round = 0; round < 400; ++round) {
        std::string bytes = round % 3 == 0 ? "0\r\n" : "";
        for (auto length = random() % 40; length > 0; --length)
            bytes += alphabet[random() % alphabet.size()];
        read_every_way(bytes);
    }
}
