// SPDX-License-Identifier: Apache-2.0
// What a request would meet, as texts: made by explain(), shown as JSON or for people. Values that
// came into the configuration by reference are *** in here already. Places are `file:line`, empty
// where no file says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::app::explain {

/// Something a file says, and where.
struct told {
    std::string text;
    std::string at;
};

struct told_listener {
    told name;
    std::string address;
    /// why it is told as if it came in there although the URL leads elsewhere; empty: it does lead
    /// there
    std::string note;
};

/// An answer the gateway gives itself.
struct told_answer {
    unsigned status;
    std::string_view code;  ///< the contract's word
    std::string message;
};

struct told_timeout {
    std::string_view name;  ///< its key
    std::string value;
    std::string_view level;  ///< route, service, global or default: who says so
    std::string at;
};

struct told_node {
    std::string address;
    unsigned weight;
    unsigned tier;         ///< higher ones are used when no connect to a lower one succeeds
    std::string host;      ///< the Host it sees, where that is its own
    std::string tls_name;  ///< the name its certificate must have, with TLS
};

struct told_tls {
    told mode;
    bool verify = true;
};

/// A service the request may go to.
struct told_service {
    told name;  ///< with the place of its entry
    unsigned weight;
    double share;           ///< of the route's requests, 0 to 1
    std::string chosen_at;  ///< where the route names it
    std::string source;
    told balancer;
    std::vector<told_node> nodes = {};    ///< as far as they are known
    std::vector<std::string> names = {};  ///< that DNS is asked for
    std::string nodes_at = {};
    told_tls tls = {};
    std::vector<told_timeout> timeouts = {};
    std::optional<told_answer> answer = {};  ///< the gateway's own, to every request that gets here
};

struct told_route {
    told name;
    told host;  ///< which of its hosts the request met
    told path;  ///< which path condition
};

/// What a node is sent.
struct told_sending {
    told path;                   ///< with the query; with a place when it is rewritten
    told host;                   ///< empty where each node sees its own
    std::string_view host_rule;  ///< preserve, upstream or literal
};

/// A route that did not get the request.
struct told_loser {
    enum class kind { failed, outranked, near_miss };
    told route;
    kind how;
    std::string_view condition;  ///< host, path, method, listener, header, query, order
    told reason;                 ///< a sentence, and where that condition stands
};

struct explanation {
    std::string method, url;
    std::string host, path, query;  ///< as they are matched; empty for a refused request
    told_listener listener;
    std::optional<told_answer> answer;  ///< the gateway's own; none: a node's
    std::optional<told_route> route;
    std::optional<told_sending> sending;
    std::vector<told_service> services;
    std::vector<told_timeout> client_timeouts;
    std::vector<told_loser> losers;
};

/// One JSON object.
std::string to_json(const explanation&);
/// Lines for people.
std::string to_text(const explanation&);

}  // namespace sluice::app::explain
