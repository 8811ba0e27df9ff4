// SPDX-License-Identifier: Apache-2.0
// Every row of the table three times: as it is, with its bytes in two packets split at every
// offset, and in a pipeline behind a good request with another one behind it.
#include "client_rows.hpp"
#include "generated_case.hpp"
#include "raw_client.hpp"
#include "running_gateway.hpp"
#include "scripted_node.hpp"

#include <vector>

namespace sluice::conformance {

namespace {

const std::string good = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string after = "GET /after HTTP/1.1\r\nHost: a\r\n\r\n";
const expected_request good_seen{"GET /good HTTP/1.1"};
const expected_request after_seen{"GET /after HTTP/1.1"};

struct bench {
    scripted_node node;
    running_gateway gateway{{.nodes = node.address()}};
};

void check_refusal(raw_client& client, const client_row& row) {
    const auto got = client.read();
    CHECK(got.how == ending::whole);
    CHECK(got.status() == row.status);
    CHECK(got.field("Connection") == "close");
    CHECK(client.ends());
}

void check_ok(raw_client& client) {
    const auto got = client.read();
    CHECK(got.how == ending::whole);
    CHECK(got.status() == 200);
    CHECK(got.body == "ok");
}

void check_seen(const scripted_node& node, const std::vector<expected_request>& wanted) {
    const auto seen = node.await_requests(wanted.size());
    REQUIRE(seen.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
        CHECK(describe(seen[i]) == describe(wanted[i]));
}

// After an accepted row the connection serves on; after any other the node has seen no whole
// request. `sentinel` goes over a connection of its own: what the row made the gateway send is at
// the node before it.
void check_answer(bench& b, raw_client& client, const client_row& row) {
    if (row.reached) {
        check_ok(client);
        client.send(after);
        check_ok(client);
        check_seen(b.node, {*row.reached, after_seen});
        return;
    }
    check_refusal(client, row);
    client.close();
    raw_client sentinel(b.gateway.port());
    sentinel.send(after);
    check_ok(sentinel);
    check_seen(b.node, {after_seen});
}

void as_it_is(const client_row& row) {
    bench b;
    raw_client client(b.gateway.port());
    client.send(row.bytes);
    check_answer(b, client, row);
}

// Long rows repeat themselves: both ends and samples between them are enough.
std::vector<std::size_t> offsets(std::size_t size) {
    std::vector<std::size_t> all;
    constexpr std::size_t dense = 200;
    const std::size_t stride = 997 * (1 + size / 100'000);
    for (std::size_t at = 1; at < size;
         at += at < dense || at + dense > size ? 1 : std::min(stride, size - dense - at + 1))
        all.push_back(at);
    return all;
}

void split_everywhere(const client_row& row) {
    bench b;
    for (const auto at : offsets(row.bytes.size())) {
        INFO("split at " << at);
        b.node.forget_requests();
        raw_client client(b.gateway.port());
        client.send_split(row.bytes, at);
        check_answer(b, client, row);
    }
}

void behind_a_good_one(const client_row& row) {
    bench b;
    raw_client client(b.gateway.port());
    client.send(good + row.bytes + after);
    check_ok(client);
    if (row.reached) {
        check_ok(client);
        check_ok(client);
        check_seen(b.node, {good_seen, *row.reached, after_seen});
        return;
    }
    check_refusal(client, row);
    check_seen(b.node, {good_seen});
}

const bool registered = [] {
    for (const auto& row : client_rows()) {
        add_case("row " + row.name, "[rows]", [&row] { as_it_is(row); });
        add_case("row " + row.name + " - split at every offset", "[rows]",
                 [&row] { split_everywhere(row); });
        add_case("row " + row.name + " - behind a good request", "[rows]",
                 [&row] { behind_a_good_one(row); });
    }
    return true;
}();

}  // namespace

}  // namespace sluice::conformance
