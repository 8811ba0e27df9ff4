// SPDX-License-Identifier: Apache-2.0
// Writes the effective configuration as JSON. It knows the path of what it writes and puts ***
// where the file had ${env:} or ${file:}, so no kind has to remember where its value came from.
#pragma once

#include "sluice/base/json_writer.hpp"
#include "sluice/config/node.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::config {

/// The paths of every text below `root` that was expanded.
std::set<std::string> hidden_paths(const node& root);

class writer {
public:
    /// `path`: where what is written stands, when it is not the whole.
    explicit writer(const std::set<std::string>& hidden, std::string path = {})
        : path_(std::move(path)), hidden_(&hidden) {}

    void text(std::string_view value);
    void number(std::uint64_t value);
    void flag(bool value);

    /// Writes `[...]`: `each(i)` writes the i-th element.
    template <class Each>
    void list(std::size_t count, Each each) {
        if (masked())
            return;
        json_.begin_list();
        for (std::size_t i = 0; i < count; ++i) {
            const auto here = enter_index(i);
            each(i);
            leave(here);
        }
        json_.end_list();
    }
    /// Writes `{...}`: `members()` writes them with member().
    template <class Members>
    void map(Members members) {
        if (masked())
            return;
        json_.begin_map();
        members();
        json_.end_map();
    }
    template <class Content>
    void member(std::string_view key, Content content) {
        const auto here = enter_key(key);
        content();
        leave(here);
    }

    std::string take() { return json_.take(); }

private:
    bool masked();
    std::size_t enter_key(std::string_view key);
    std::size_t enter_index(std::size_t index);
    void leave(std::size_t here) { path_.resize(here); }

    json_writer json_;
    std::string path_;
    const std::set<std::string>* hidden_;
};

}  // namespace sluice::config
