// SPDX-License-Identifier: Apache-2.0
// The validated model of a message head: what a codec hands to the gateway, and the only thing a
// message is written from. Received bytes never reach the other side by copying a field list (RFC
// 9110, RFC 9112).
#pragma once

#include "sluice/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::http {

enum class method : std::uint8_t {
    get,
    head,
    post,
    put,
    delete_,
    options,
    patch,
    connect,
    trace,
    other
};

/// Names the gateway itself treats specially; everything else is `other` and is carried as it came.
enum class field_id : std::uint8_t {
    other,
    connection,
    content_length,
    content_type,
    cookie,
    date,
    expect,
    forwarded,
    host,
    http2_settings,
    keep_alive,
    max_forwards,
    proxy_authenticate,
    proxy_authorization,
    proxy_connection,
    te,
    trailer,
    transfer_encoding,
    upgrade,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_port,
    x_forwarded_proto,
    x_request_id,
    x_client_subject,
    x_forwarded_other,  ///< any other name that starts with X-Forwarded-
};

/// One field line. Views into the connection's buffer or the exchange's arena.
struct field {
    std::string_view name;   ///< as received, any case
    std::string_view value;  ///< without surrounding white space
    field_id id = field_id::other;
    /// ends here: a fixed hop-by-hop field, or named by Connection (RFC 9110 section 7.6.1)
    bool hop_by_hop = false;
};

/// How a field name is compared: letter by letter, or with `_` read as `-`, which finds names such
/// as Content_Length that some servers take for the real field.
enum class spelling : std::uint8_t { exact, underscore_is_hyphen };

/// The id of a field name, compared without regard to case.
field_id identify(std::string_view name, spelling how = spelling::exact) noexcept;

/// Field lines in the order they came. Keeps its memory between messages.
class header_list {
public:
    void add(std::string_view name, std::string_view value) {
        fields_.push_back({name, value, identify(name)});
    }
    void add(const field& one) { fields_.push_back(one); }
    void clear() noexcept { fields_.clear(); }

    /// The first field of that name, or nullptr.
    const field* find(field_id id) const noexcept;
    /// The same for any name, compared without regard to case.
    const field* find(std::string_view name) const noexcept;

    auto begin() noexcept { return fields_.begin(); }
    auto end() noexcept { return fields_.end(); }
    auto begin() const noexcept { return fields_.begin(); }
    auto end() const noexcept { return fields_.end(); }
    std::size_t size() const noexcept { return fields_.size(); }
    bool empty() const noexcept { return fields_.empty(); }

private:
    std::vector<field> fields_;
};

/// How the end of a body is found (RFC 9112 section 6.3).
struct framing {
    enum class kind : std::uint8_t { none, length, chunked, until_close };
    kind how = kind::none;
    std::uint64_t length = 0;  ///< bytes; only with kind::length

    bool has_body() const noexcept {
        return how != kind::none && !(how == kind::length && length == 0);
    }
};

struct version {
    std::uint8_t major_number = 1;
    std::uint8_t minor_number = 1;

    /// HTTP/1.0, which knows neither 1xx responses nor Upgrade.
    bool is_1_0() const noexcept { return major_number == 1 && minor_number == 0; }
};

/// A request after validation. Every view stays valid until the exchange ends.
struct request_head {
    method verb = method::get;
    std::string_view method_name;  ///< as received, case kept
    /// canonical path: matched, logged and forwarded; "*" only for OPTIONS
    std::string_view path;
    std::string_view query;  ///< after the '?', never changed; see has_query
    bool has_query = false;  ///< tells `/a?` from `/a`
    /// for matching: lower case, no port, no trailing dot, [v6] keeps its brackets; empty on
    /// HTTP/1.0 without Host
    std::string_view host;
    std::string_view authority;  ///< Host as the client sent it: what goes to the node
    version received;            ///< the client's protocol version
    /// every field but Host and the framing ones, hop-by-hop ones included
    header_list fields;
    framing body;
    bool keep_alive = true;         ///< the client lets the connection stay open
    bool expects_continue = false;  ///< Expect: 100-continue
    bool trailers_wanted = false;   ///< TE: trailers
    /// the Upgrade field's value when Connection names it, else empty
    std::string_view upgrade;

    void clear();
};

/// A response after validation, from a node or of our own.
struct response_head {
    unsigned status = 200;
    std::string_view reason;
    version received;
    header_list fields;  ///< every field but the framing ones, hop-by-hop ones included
    framing body;
    /// Content-Length as sent, also on HEAD and 304 answers, where it frames nothing
    std::optional<std::uint64_t> declared_length;
    bool keep_alive = true;    ///< the node lets the connection stay open
    std::string_view upgrade;  ///< on 101

    bool informational() const noexcept { return status >= 100 && status < 200; }
    void clear();
};

/// True for methods whose repetition does no harm (RFC 9110 section 9.2.2).
bool idempotent(method verb) noexcept;

}  // namespace sluice::http
