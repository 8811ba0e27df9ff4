// SPDX-License-Identifier: Apache-2.0
// Reads every Connection line once, then decides.
#include "http/h1/connection_options.hpp"

#include "http/hop_by_hop.hpp"
#include "sluice/base/strings.hpp"

namespace sluice::http::h1 {

namespace {

// Each option is compared with each field: a bound keeps a 32 KiB Connection field from costing
// milliseconds.
constexpr unsigned most_options = 64;

struct options {
    bool close = false;
    bool keep_alive = false;
    bool upgrade = false;
    unsigned count = 0;
};

// Connection must not be able to take away what routes, frames or vouches for a message (RFC 9110
// section 7.6.1 asks senders not to name such fields; attackers do).
bool may_be_named(field_id id) noexcept {
    switch (id) {
    case field_id::host:
    case field_id::content_length:
    case field_id::x_request_id:
    case field_id::x_client_subject:
        return false;
    default:
        return !is_forwarded(id);
    }
}

void mark(header_list& fields, std::string_view name) {
    for (field& one : fields)
        if (!one.hop_by_hop && may_be_named(one.id) && iequals(one.name, name))
            one.hop_by_hop = true;
}

// False when the option is no token.
bool take_option(header_list& fields, std::string_view option, options& found) {
    if (option.empty())
        return true;
    ++found.count;
    if (iequals(option, "keep-alive"))
        found.keep_alive = true;
    else if (iequals(option, "close"))
        found.close = true;
    else if (iequals(option, "upgrade"))
        found.upgrade = true;
    else if (is_token(option))
        mark(fields, option);
    else
        return false;
    return true;
}

// Some clients still send it; it ends here. One that is no list of tokens is as malformed as a
// Connection that is none.
bool has_bad_proxy_connection(const field_sorter& sorter, const header_list& fields) {
    if (!sorter.saw(field_id::proxy_connection))
        return false;
    for (const field& one : fields)
        for (std::string_view rest = one.id == field_id::proxy_connection ? one.value : "";
             !rest.empty();)
            if (const auto option = next_item(rest); !option.empty() && !is_token(option))
                return true;
    return false;
}

verdict read_options(const field_sorter& sorter, header_list& fields, options& found) {
    if (has_bad_proxy_connection(sorter, fields))
        return {errc::bad_request, "Proxy-Connection is malformed"};
    if (!sorter.saw(field_id::connection))
        return {};
    for (const field& one : fields) {
        if (one.id != field_id::connection)
            continue;
        for (std::string_view rest = one.value; !rest.empty();) {
            if (!take_option(fields, next_item(rest), found))
                return {errc::bad_request, "Connection is malformed"};
            if (found.count > most_options)
                return {errc::bad_request, "too many Connection options"};
        }
    }
    return {};
}

// RFC 9112 section 9.3.
bool stays_open(const options& found, version received) noexcept {
    return !found.close && (received.minor_number > 0 || found.keep_alive);
}

// The value of the one Upgrade line; several lines, or an offer of h2c (obsolete, RFC 9113 section
// 3.1), count as none.
std::string_view offered_protocol(const header_list& fields) {
    std::string_view offer;
    for (const field& one : fields) {
        if (one.id != field_id::upgrade)
            continue;
        if (!offer.empty())
            return {};
        offer = one.value;
    }
    for (std::string_view rest = offer; !rest.empty();)
        if (iequals(next_item(rest), "h2c"))
            return {};
    return offer;
}

bool wants_trailers(const header_list& fields) {
    for (const field& one : fields) {
        if (one.id != field_id::te)
            continue;
        for (std::string_view rest = one.value; !rest.empty();)
            if (iequals(next_item(rest), "trailers"))
                return true;
    }
    return false;
}

}  // namespace

verdict apply_connection(const field_sorter& sorter, request_head& head) {
    options found;
    if (const verdict v = read_options(sorter, head.fields, found); !v.good())
        return v;
    head.keep_alive = stays_open(found, head.received);
    head.trailers_wanted = sorter.saw(field_id::te) && wants_trailers(head.fields);
    // RFC 9110 section 7.8: not without the connection option, never from HTTP/1.0.
    if (found.upgrade && sorter.saw(field_id::upgrade) && head.received.minor_number > 0)
        head.upgrade = offered_protocol(head.fields);
    return {};
}

verdict apply_connection(const field_sorter& sorter, response_head& head) {
    options found;
    if (const verdict v = read_options(sorter, head.fields, found); !v.good())
        return v;
    head.keep_alive = stays_open(found, head.received);
    if (head.status == 101 && found.upgrade)
        head.upgrade = offered_protocol(head.fields);
    return {};
}

}  // namespace sluice::http::h1
