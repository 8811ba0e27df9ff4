// SPDX-License-Identifier: Apache-2.0
// The `url` of a service with fixed nodes: `ADDR[ weight=N]`, several as a comma-separated text or
// as a list.
#pragma once

#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"
#include "sluice/service/service.hpp"

#include <string>
#include <vector>

namespace sluice::service {

struct url_entry;

struct node_list {
    void read(const config::value& from, std::vector<node>& to) const;
    void write(config::writer& out, const std::vector<node>& from) const;
    std::string expected() const;

private:
    void read_one(const url_entry& one, std::vector<node>& to) const;
};

}  // namespace sluice::service
