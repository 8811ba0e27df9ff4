// SPDX-License-Identifier: Apache-2.0
// A head in four steps: scan.cpp finds its end and refuses bytes that may not stand there,
// split_head.cpp takes it apart into start line and fields, the field sorter sets the dangerous
// ones apart, and the rules below judge the whole.
#include "http/h1/parse.hpp"

#include "http/field_sorter.hpp"
#include "http/h1/connection_options.hpp"
#include "http/h1/framing.hpp"
#include "http/h1/split_head.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/http/target.hpp"

namespace sluice::http::h1 {

namespace {

verdict malformed(std::string_view reason) { return {errc::bad_request, reason}; }

verdict check_target(const request_line& line, const head_rules& rules, arena& room,
                     request_head& head, std::string_view& authority) {
    const auto parsed = parse_target(line.target, head.verb, room);
    if (!parsed)
        return malformed("the target is malformed");
    if (parsed->rewritten && rules.paths == path_policy::reject)
        return malformed("the path is not canonical");
    head.path = parsed->path;
    head.query = parsed->query;
    head.has_query = parsed->has_query;
    authority = parsed->authority;
    return {};
}

// RFC 9112 section 3.2.2 lets the target win over Host; the next reader may think otherwise, so
// they must agree.
verdict check_absolute_form(std::string_view raw_target, const authority& target,
                            const authority& host) {
    const bool tls = iequals(raw_target.substr(0, 6), "https:");
    return same_authority(target, host, tls ? "443" : "80")
               ? verdict{}
               : malformed("Host differs from the target");
}

// RFC 9112 section 3.2: exactly one valid Host, which HTTP/1.0 may leave out.
verdict check_host(const single_field& host, const request_line& line, std::string_view in_target,
                   arena& room, request_head& head) {
    if (host.count > 1)
        return malformed("more than one Host");
    if (host.count == 0 && head.received.minor_number > 0)
        return malformed("no Host");
    head.authority = host.count == 0 ? in_target : host.value;
    if (host.count == 0 && in_target.empty())
        return {};
    const auto parsed =
        head.authority.empty() ? std::nullopt : parse_authority(head.authority, room);
    if (!parsed)
        return malformed("Host is malformed");
    head.host = parsed->host;
    if (in_target.empty())
        return {};
    const auto target = parse_authority(in_target, room);
    return target ? check_absolute_form(line.target, *target, *parsed)
                  : malformed("the target is malformed");
}

// Every rule in the order of harm: framing first, since after a framing fault nothing else can be
// believed.
verdict judge(const request_line& line, const field_sorter& sorter, const head_rules& rules,
              arena& room, request_head& head) {
    std::string_view authority_in_target;
    if (const verdict v = frame_request(sorter, head); !v.good())
        return v;
    if (const verdict v = apply_connection(sorter, head); !v.good())
        return v;
    if (const verdict v = check_method(head.verb); !v.good())
        return v;
    if (const verdict v = check_target(line, rules, room, head, authority_in_target); !v.good())
        return v;
    if (const verdict v = check_host(sorter.host(), line, authority_in_target, room, head);
        !v.good())
        return v;
    return check_expect(sorter, head);
}

verdict judge(const field_sorter& sorter, method verb, response_head& head) {
    if (head.status < 100)
        return malformed("the status is below 100");
    if (const verdict v = apply_connection(sorter, head); !v.good())
        return v;
    return frame_response(sorter, verb, head);
}

parse_step bad_response(std::string_view reason) {
    return parse_step::failed(errc::bad_upstream_message, reason);
}

}  // namespace

parse_step parse_request(byte_view bytes, scan_position& at, const head_rules& rules, arena& room,
                         request_head& head) {
    const parse_step scanned = scan_section(bytes, at, rules.bounds, section::request);
    if (scanned.at != parse_step::state::complete)
        return scanned;

    head.clear();
    request_line line;
    field_sorter sorter{head.fields, rules.underscores};
    if (const std::string_view reason = split_head(bytes, at, line, sorter); !reason.empty())
        return parse_step::failed(errc::bad_request, reason);
    head.method_name = line.method;
    head.verb = verb_of(line.method);
    head.received.minor_number = static_cast<std::uint8_t>(line.minor_version);
    const verdict v = judge(line, sorter, rules, room, head);
    return v.good() ? scanned : parse_step::failed(v.code, v.reason);
}

parse_step parse_response(byte_view bytes, scan_position& at, const limits& bounds, method verb,
                          response_head& head) {
    const parse_step scanned = scan_section(bytes, at, bounds, section::response);
    if (scanned.at == parse_step::state::failed)
        return bad_response(scanned.reason);
    if (scanned.at == parse_step::state::incomplete)
        return scanned;
    head.clear();
    status_line line;
    field_sorter sorter{head.fields, std::nullopt};
    if (const std::string_view reason = split_head(bytes, at, line, sorter); !reason.empty())
        return bad_response(reason);
    head.status = line.status;
    head.reason = line.reason;
    head.received.minor_number = static_cast<std::uint8_t>(line.minor_version);
    const verdict v = judge(sorter, verb, head);
    return v.good() ? scanned : bad_response(v.reason);
}

}  // namespace sluice::http::h1
