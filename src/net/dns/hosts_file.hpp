// SPDX-License-Identifier: Apache-2.0
// The hosts file of the machine: names that never reach a name server. Read as a whole, again when
// it has changed; its lines have no TTL, so whoever uses one asks again after `period`.
#pragma once

#include "sluice/base/clock.hpp"
#include "sluice/net/resolver.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::net::dns {

class hosts_file {
public:
    /// How long a line is believed, and how often the file is looked at.
    static constexpr std::chrono::seconds period{5};

    explicit hosts_file(std::string path) : path_(std::move(path)) {}

    /// What the file says; nothing for a name it does not hold. A name with addresses of one
    /// family only has none of the other, as getaddrinfo reads it.
    std::optional<dns_answer> find(const dns_question&, time_point now);

    /// The addresses of each name in a hosts file's text, names in lower case; what is no address
    /// or no name is passed over.
    static std::map<std::string, std::vector<address>, std::less<>> parse(std::string_view text);

private:
    void refresh(time_point now);

    std::string path_;
    std::optional<time_point> looked_at_;
    std::pair<std::filesystem::file_time_type, std::uintmax_t> seen_;  // when it was read
    std::map<std::string, std::vector<address>, std::less<>> names_;
};

}  // namespace sluice::net::dns
