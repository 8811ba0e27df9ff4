// SPDX-License-Identifier: Apache-2.0
// The whole gateway inside a test: app::process from a YAML text, on ports the kernel chose, run by
// a thread of its own until the test ends.
#pragma once

#include "app/process.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace sluice::conformance {

/// The parts of a configuration that tests vary; each is YAML text, empty for none.
struct gateway_setup {
    std::string nodes = {};     ///< a service's url: "127.0.0.1:1, 127.0.0.1:2"
    std::string listener = {};  ///< further keys of the listener, ", key: value"
    std::string service = {};   ///< further keys of the service, the same
    std::string routes = "[{name: all, service: all}]";
    std::string more = {};  ///< further keys of the whole, a line each
};

class running_gateway {
public:
    /// Serves when this returns. Throws std::runtime_error with what is wrong with the
    /// configuration.
    explicit running_gateway(const gateway_setup&);
    ~running_gateway();
    running_gateway(const running_gateway&) = delete;
    running_gateway& operator=(const running_gateway&) = delete;

    std::uint16_t port() const { return process_->open_listeners().front().bound.bound.port(); }
    std::uint16_t admin_port() const { return process_->admin_address().port(); }
    /// The metrics page.
    std::string metrics() const { return process_->metrics_text(); }

private:
    std::unique_ptr<app::process> process_;
    std::thread control_;
};

}  // namespace sluice::conformance
