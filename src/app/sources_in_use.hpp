// SPDX-License-Identifier: Apache-2.0
// The sources the configuration names, each made once and told which services it is to follow.
// Owned by app/process; fixed nodes need none.
#pragma once

#include "app/settings.hpp"
#include "sluice/service/source.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace sluice::app {

/// Thread: control, all of it.
class sources_in_use {
public:
    /// Makes the source that services call by that name; it runs on the context and tells the sink.
    /// Null when that name needs none.
    using factory = std::function<std::unique_ptr<service::service_source>(
        const std::string& name, const settings&, boost::asio::io_context&, service::source_sink&)>;

    sources_in_use(factory make, boost::asio::io_context& context, service::source_sink& sink)
        : make_(std::move(make)), context_(context), sink_(sink) {}

    /// At the start and after every reload: makes sources that are new, tells each its services,
    /// ends those that no service names any more.
    void follow(const settings&);

private:
    factory make_;
    boost::asio::io_context& context_;
    service::source_sink& sink_;
    std::map<std::string, std::unique_ptr<service::service_source>> sources_;
};

}  // namespace sluice::app
