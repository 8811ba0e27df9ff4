// SPDX-License-Identifier: Apache-2.0
#include "sluice/config/writer.hpp"

#include "sluice/base/secret.hpp"
#include "sluice/config/value.hpp"

namespace sluice::config {

namespace {

void collect_hidden(const node& one, std::string& path, std::set<std::string>& found) {
    if (!one.is_hidden)
        return;
    if (one.what == shape::text)
        found.insert(path);
    for (std::size_t i = 0; i < one.children.size(); ++i) {
        const auto here = path.size();
        if (one.what == shape::list)
            append_index(path, i);
        else
            append_key(path, one.children[i].key);
        collect_hidden(one.children[i], path, found);
        path.resize(here);
    }
}

}  // namespace

std::set<std::string> hidden_paths(const node& root) {
    std::set<std::string> found;
    std::string path;
    collect_hidden(root, path, found);
    return found;
}

void writer::text(std::string_view value) {
    if (!masked())
        json_.text(value);
}

void writer::number(std::uint64_t value) {
    if (!masked())
        json_.number(value);
}

void writer::flag(bool value) {
    if (!masked())
        json_.flag(value);
}

bool writer::masked() {
    if (hidden_->empty() || !hidden_->contains(path_))
        return false;
    json_.text(secret::masked);
    return true;
}

std::size_t writer::enter_key(std::string_view key) {
    const auto here = path_.size();
    append_key(path_, key);
    json_.key(key);
    return here;
}

std::size_t writer::enter_index(std::size_t index) {
    const auto here = path_.size();
    append_index(path_, index);
    return here;
}

}  // namespace sluice::config
