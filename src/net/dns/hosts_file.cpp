// SPDX-License-Identifier: Apache-2.0
#include "net/dns/hosts_file.hpp"

#include "net/dns/answer_reader.hpp"
#include "net/dns/plain_name.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

namespace sluice::net::dns {

namespace {

// Lists of blocked names are large; what is larger than this is no hosts file.
constexpr std::size_t most_bytes = 16U << 20;

std::string_view take_word(std::string_view& line) {
    line = trim(line);
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

std::optional<address> parse_ip(std::string_view text) {
    const auto bracketed = text.find(':') == std::string_view::npos
                               ? std::string(text) + ":0"
                               : "[" + std::string(text) + "]:0";
    return address::parse(bracketed);
}

}  // namespace

std::map<std::string, std::vector<address>, std::less<>> hosts_file::parse(std::string_view text) {
    std::map<std::string, std::vector<address>, std::less<>> names;
    for (auto line : split(text, '\n')) {
        line = line.substr(0, line.find('#'));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        const auto ip = parse_ip(take_word(line));
        if (!ip || !is_dialable(*ip))
            continue;
        for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
            const auto name = plain_name(word);
            if (name.empty())
                continue;
            auto& known = names[name];
            if (std::ranges::find(known, *ip) == known.end())
                known.push_back(*ip);
        }
    }
    for (auto& [name, known] : names)
        std::ranges::sort(known);
    return names;
}

void hosts_file::refresh(time_point now) {
    if (looked_at_ && now < *looked_at_ + period)
        return;
    looked_at_ = now;
    std::error_code missing;
    const auto written = std::filesystem::last_write_time(path_, missing);
    const auto size = missing ? 0 : std::filesystem::file_size(path_, missing);
    if (missing || size > most_bytes) {
        seen_ = {};
        names_.clear();
    } else if (seen_ != std::pair{written, size}) {
        std::ostringstream text;
        text << std::ifstream(path_, std::ios::binary).rdbuf();
        names_ = parse(text.view());
        seen_ = {written, size};
    }
}

std::optional<dns_answer> hosts_file::find(const dns_question& asked, time_point now) {
    if (asked.kind == record_kind::srv)
        return std::nullopt;
    refresh(now);
    const auto known = names_.find(without_last_dot(asked.name));
    if (known == names_.end())
        return std::nullopt;
    dns_answer answer;
    for (const auto& one : known->second)
        if (one.is_v6() == (asked.kind == record_kind::aaaa))
            answer.addresses.push_back(one);
    answer.what =
        answer.addresses.empty() ? dns_answer::verdict::absent : dns_answer::verdict::found;
    answer.ttl = period;
    answer.name_exists = true;
    return answer;
}

}  // namespace sluice::net::dns
