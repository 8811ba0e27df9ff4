// SPDX-License-Identifier: Apache-2.0
// The `url` of a service whose nodes are found by DNS: `NAME:PORT[ weight=N]` or
// `_service._proto.NAME`, several as a comma-separated text or as a list. Nothing is resolved here.
#pragma once

#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"
#include "sluice/service/service.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::service {

struct url_entry;

/// Reads `NAME:PORT` or `_service._proto.NAME`; nothing on any other text.
std::optional<dns_name> parse_dns_name(std::string_view text);

struct name_list {
    void read(const config::value& from, std::vector<dns_name>& to) const;
    void write(config::writer& out, const std::vector<dns_name>& from) const;
    std::string expected() const;

private:
    void read_one(const url_entry& one, std::vector<dns_name>& to) const;
};

}  // namespace sluice::service
