// SPDX-License-Identifier: Apache-2.0
// Heads of any bytes. The first byte picks the kind and the policies, the second where the input is
// cut. Whatever the cut, the verdict is the same, Beast splits what is accepted into the same parts,
// and a request that is accepted and written again reads back as the same message.
#include "http/h1/parse.hpp"
#include "http/h1/write.hpp"
#include "sluice/base/arena.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "unit/http/beast_reading.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace sluice::http;  // a fuzz target is one file
using h1::parse_step;

void require(bool holds) {
    if (!holds)
        std::abort();
}

struct picked {
    bool response = false;
    method verb = method::get;
    head_rules rules;
};

picked pick(std::uint8_t bits) {
    picked one;
    one.response = (bits & 1U) != 0;
    one.verb = (bits & 2U) != 0 ? method::head : method::get;
    one.rules.underscores = static_cast<underscore_policy>((bits >> 2U) % 3);
    one.rules.paths = (bits & 32U) != 0 ? path_policy::reject : path_policy::rewrite;
    if ((bits & 64U) != 0)
        one.rules.bounds = {.head = 256, .line = 64, .headers = 4, .body = {}, .connections = 1};
    return one;
}

template <class Head, class Read>
void check_split(std::string_view input, std::size_t cut, const parse_step& whole, Read read) {
    Head head;
    sluice::arena room;
    h1::scan_position at;
    std::string first{input.substr(0, cut)};
    parse_step step = read(first, at, room, head);
    if (step.at == parse_step::state::incomplete) {
        std::string all{input};
        step = read(all, at, room, head);
    }
    require(step.at == whole.at && step.code == whole.code && step.reason == whole.reason);
    require(step.consumed == whole.consumed);
}

using named_values = std::vector<std::pair<std::string, std::string>>;

// What must come out of another reader behind us: the end-to-end fields.
named_values end_to_end(const request_head& head) {
    named_values fields;
    for (const field& one : head.fields) {
        const bool ours = one.id == field_id::x_request_id || one.id == field_id::x_forwarded_for ||
                          one.id == field_id::x_forwarded_host ||
                          one.id == field_id::x_forwarded_proto;
        if (!one.hop_by_hop && !ours)
            fields.emplace_back(one.name, one.value);
    }
    return fields;
}

void check_rewritten(const request_head& head, head_rules rules) {
    outgoing_request out;
    out.head = &head;
    out.path = head.path;
    out.authority = head.authority.empty() ? "node.example" : head.authority;
    out.body = head.body;
    out.client_trusted = true;
    sluice::byte_buffer buffer;
    h1::write_request(buffer, out);

    rules.bounds = {
        .head = 1U << 20U, .line = 1U << 20U, .headers = 1U << 20U, .body = {}, .connections = 1};
    std::string bytes{buffer.view()};
    sluice::arena room;
    request_head again;
    h1::scan_position at;
    const parse_step step = h1::parse_request(bytes, at, rules, room, again);
    require(step.at == parse_step::state::complete && step.consumed == bytes.size());
    require(again.method_name == head.method_name && again.path == head.path);
    require(again.query == head.query && again.has_query == head.has_query);
    require(again.authority == out.authority);
    const bool gained_length =
        head.body.how == framing::kind::none && again.body.how == framing::kind::length;
    require(gained_length
                ? again.body.length == 0
                : again.body.how == head.body.how && again.body.length == head.body.length);
    require(again.expects_continue == head.expects_continue && again.upgrade.empty());
    require(again.trailers_wanted == head.trailers_wanted);
    require(end_to_end(again) == end_to_end(head));
}

void try_request(std::string_view input, std::size_t cut, const picked& how) {
    request_head head;
    sluice::arena room;
    h1::scan_position at;
    std::string bytes{input};
    const parse_step whole = h1::parse_request(bytes, at, how.rules, room, head);
    check_split<request_head>(
        input, cut, whole,
        [&](std::string& part, h1::scan_position& p, sluice::arena& a, request_head& h) {
            return h1::parse_request(part, p, how.rules, a, h);
        });
    if (whole.at != parse_step::state::complete)
        return;
    require(sluice::test::beast_agrees<h1::request_line>(input.substr(0, whole.consumed)));
    check_rewritten(head, how.rules);
}

void try_response(std::string_view input, std::size_t cut, const picked& how) {
    response_head head;
    h1::scan_position at;
    std::string bytes{input};
    const parse_step whole = h1::parse_response(bytes, at, how.rules.bounds, how.verb, head);
    check_split<response_head>(
        input, cut, whole,
        [&](std::string& part, h1::scan_position& p, sluice::arena&, response_head& h) {
            return h1::parse_response(part, p, how.rules.bounds, how.verb, h);
        });
    if (whole.at != parse_step::state::complete)
        return;
    require(sluice::test::beast_agrees<h1::status_line>(input.substr(0, whole.consumed)));
    sluice::byte_buffer buffer;
    h1::write_response(buffer, head, head.body, h1::persistence::close,
                       "Thu, 01 Jan 1970 00:00:00 GMT", "");
    std::string written{buffer.view()};
    response_head again;
    h1::scan_position second;
    const limits wide{
        .head = 1U << 20U, .line = 1U << 20U, .headers = 1U << 20U, .body = {}, .connections = 1};
    const parse_step step = h1::parse_response(written, second, wide, how.verb, again);
    require(step.at == parse_step::state::complete && step.consumed == written.size());
    require(again.status == head.status && again.reason == head.reason);
    require(again.body.how == head.body.how && again.body.length == head.body.length);
    require(again.declared_length == head.declared_length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 2)
        return 0;
    const picked how = pick(bytes[0]);
    const std::string_view input{reinterpret_cast<const char*>(bytes) + 2, size - 2};
    const std::size_t cut = bytes[1] % (input.size() + 1);
    if (how.response)
        try_response(input, cut, how);
    else
        try_request(input, cut, how);
    return 0;
}
