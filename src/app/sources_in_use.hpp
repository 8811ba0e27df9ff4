// SPDX-License-Identifier: Apache-2.0
// The sources the configuration names, each made once and told which services it is to follow.
// Owned by app/process; fixed nodes need none.
#pragma once

#include "app/settings.hpp"
#include "sluice/net/resolver.hpp"
#include "sluice/service/source.hpp"
#include "sources/catalog.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace sluice::app {

/// Thread: control, all of it.
class sources_in_use {
public:
    /// What it works with; outlives it.
    struct surroundings {
        boost::asio::io_context& context;  ///< of the control thread
        runtime::worker& control;          ///< the same thread's, for deadlines and letters
        service::source_sink& sink;
    };
    /// Makes the source that services call by that name, see sources::make; null when there is none.
    using factory = std::function<std::unique_ptr<service::service_source>(
        const std::string& name, const sources::surroundings&)>;

    sources_in_use(factory make, surroundings around) : make_(std::move(make)), around_(around) {}

    /// What a configuration needs that is not there yet, made and not yet used.
    class plan {
        friend class sources_in_use;
        std::unique_ptr<net::resolver> names_;
        std::unique_ptr<net::resolver::server_list> servers_;
        std::map<std::string, std::unique_ptr<service::service_source>> made_;
        std::map<std::string, std::vector<service::service_settings>> wanted_;
    };

    /// At the start and for every reload: makes sources that are new. Names will be asked of
    /// `resolvers`, or of what resolv.conf says by now. Throws what making one throws.
    plan prepare(const settings&) const;

    /// Tells each source its services, ends those that no service names any more.
    void follow(plan) noexcept;

    /// How each of them is doing, by name.
    std::map<std::string, service::source_state> states() const;

private:
    factory make_;
    surroundings around_;
    std::unique_ptr<net::resolver> names_;  // made with the first source
    std::map<std::string, std::unique_ptr<service::service_source>> sources_;
};

}  // namespace sluice::app
