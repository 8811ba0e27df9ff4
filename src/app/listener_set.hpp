// SPDX-License-Identifier: Apache-2.0
// The listeners of the process over its reloads: which sockets stay, which are new, which go. Owned
// by app/process; the workers accept and serve.
#pragma once

#include "app/passed_sockets.hpp"
#include "app/serving_worker.hpp"
#include "app/settings.hpp"
#include "net/ticket_keys.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::app {

/// Thread: control, all of it.
class listener_set {
public:
    /// The listeners of other settings, with everything bound that is new and nothing changed yet.
    /// Thrown away, it gives back what it bound.
    class plan {
        friend class listener_set;
        struct entry {
            std::optional<std::size_t> kept;  ///< the place among the listeners that are open
            std::optional<net::bound_listener> bound;
            std::shared_ptr<const http::server_settings> settings;
        };
        std::vector<entry> entries_;
    };

    listener_set(unsigned workers, telemetry::registry& metrics, const passed_sockets& passed)
        : workers_count_(workers), metrics_(metrics), passed_(passed) {}

    /// Binds addresses that no listener has yet. An address that stays keeps its socket, whatever
    /// else changes. Throws std::system_error when an address cannot be had, std::runtime_error when
    /// a socket was not passed or OpenSSL refuses what was checked.
    plan prepare(const settings&) const;

    /// Makes the plan true here, and says what each worker is to be told.
    std::vector<listener_changes> commit(plan) noexcept;

    const std::vector<open_listener>& all() const noexcept { return open_; }
    void remove_socket_files() noexcept;

    /// Warns of each passed socket that no listener of these settings uses: who connects to it
    /// waits for nobody. Once, until it was used.
    void mind_unused(const settings&);

private:
    net::bound_listener bind(const net::address&) const;
    std::optional<std::size_t> place_of(const http::listener_settings&) const;
    std::shared_ptr<const http::server_settings>
    settings_for(const http::listener_settings&, const settings&,
                 std::optional<std::size_t> kept) const;
    std::shared_ptr<const void> presence_of(const std::string& name) const;
    std::shared_ptr<telemetry::gauge> gauge_of(const http::listener_settings&);
    void open(open_listener&, std::vector<listener_changes>&);

    unsigned workers_count_;
    telemetry::registry& metrics_;
    const passed_sockets& passed_;
    std::vector<std::string> unused_;  // warned of
    /// Made once: a client's session survives a reload that leaves its listener as it was.
    std::shared_ptr<net::ticket_keys> tickets_ = std::make_shared<net::ticket_keys>();
    mutable std::map<std::string, std::weak_ptr<const void>> present_;  // by name
    std::vector<open_listener> open_;
    unsigned next_id_ = 0;
};

}  // namespace sluice::app
