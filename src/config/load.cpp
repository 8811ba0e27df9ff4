// SPDX-License-Identifier: Apache-2.0
// Files, includes and the joining of their lists into one root map.
#include "sluice/config/load.hpp"

#include "expand.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/config/value.hpp"
#include "tree_builder.hpp"

#include <algorithm>
#include <map>

namespace sluice::config {

class loader {
public:
    loader(report& problems, const surroundings& around, const bounds& most)
        : problems_(problems), around_(around), most_(most) {}

    document run(const std::string& path) {
        if (const auto root = read(path, {}))
            take_main(*root);
        result_.complete_ = complete_;
        return std::move(result_);
    }

private:
    /// A list of the root map, with what included files append to it.
    struct joined {
        node self;
        std::vector<node> elements;
    };

    std::optional<node> read(const std::string& path, const std::optional<value>& included_by);
    bool is_text(std::uint32_t file);
    std::string expand_in(node& one);
    void take_main(const node& root);
    void take_included(const node& root);
    void follow_includes(const node& root);
    void include(const value& pattern);
    void include_file(const std::string& path, const value& pattern);
    void append(const node& list);
    std::span<const node> keep(const std::vector<node>& nodes);
    std::nullopt_t fail(place where, std::string path, std::string message) {
        problems_.add({severity::error, where, std::move(path), std::move(message), {}, {}, false});
        complete_ = false;
        return std::nullopt;
    }

    report& problems_;
    const surroundings& around_;
    const bounds& most_;
    document result_;
    build_budget spent_;
    std::size_t bytes_ = 0;
    bool complete_ = true;
    // identities of the files that are being read, outermost first
    std::vector<std::string> open_;
    std::map<std::string, std::string> included_;  // identity to the place that includes it
    std::vector<node> members_;                    // of the root map: everything but lists
    std::vector<joined> lists_;
};

/// The tree of one file. Without a text there is nothing to show, so problems of opening are told
/// where the file is asked for.
std::optional<node> loader::read(const std::string& path, const std::optional<value>& included_by) {
    std::string error;
    auto text = around_.read(path, most_.file_bytes, error);
    if (!text && included_by) {
        included_by->refuse("the file " + quoted(path) + " cannot be read: " + error);
        complete_ = false;
        return std::nullopt;
    }
    // Marks count from the first character; a byte order mark is none.
    if (text && text->starts_with("\xEF\xBB\xBF"))
        text->erase(0, 3);
    const auto file = problems_.add_file(path, text ? std::move(*text) : std::string());
    if (!text)
        return fail({file, 1, 1}, {}, "the file cannot be read: " + error);
    bytes_ += problems_.file_text(file).size();
    if (bytes_ > most_.total_bytes)
        return fail({file, 1, 1}, {},
                    "all files together are larger than " + std::to_string(most_.total_bytes) +
                        " bytes");
    if (!is_text(file))
        return std::nullopt;
    auto root = build_tree(file, problems_, *result_.room_, spent_, most_,
                           [this](node& one) { return expand_in(one); });
    complete_ = complete_ && root;
    return root;
}

bool loader::is_text(std::uint32_t file) {
    const auto text = problems_.file_text(file);
    const auto bad = std::min(find_invalid_utf8(text), text.find('\0'));
    if (bad == std::string_view::npos)
        return true;
    const auto before = text.substr(0, bad);
    const auto line = static_cast<std::uint32_t>(std::ranges::count(before, '\n')) + 1;
    const auto column = static_cast<std::uint32_t>(bad - (before.rfind('\n') + 1)) + 1;
    fail({file, line, column}, {}, text[bad] == '\0' ? "a NUL byte" : "bytes that are not UTF-8");
    return false;
}

std::string loader::expand_in(node& one) {
    const auto& file = problems_.file_name(one.where.file);
    std::string error;
    const auto expanded =
        expand(one.text, file.substr(0, file.rfind('/') + 1), around_, most_.value_bytes, error);
    if (!expanded)
        return error;
    auto* copy = static_cast<char*>(result_.room_->allocate(expanded->text.size() + 1, 1));
    std::ranges::copy(expanded->text, copy);
    one.text = {copy, expanded->text.size()};
    one.is_hidden = expanded->is_hidden;
    return {};
}

void loader::take_main(const node& root) {
    if (root.what != shape::map) {
        fail(root.where, {},
             root.what == shape::null ? "the file is empty" : "the file is not a map of keys");
        return;
    }
    for (const auto& member : root.children) {
        if (member.what == shape::list)
            append(member);
        else
            members_.push_back(member);
    }
    open_.push_back(around_.identity(problems_.file_name(root.where.file)));
    follow_includes(root);
    result_.root_ = root;
    for (auto& [self, elements] : lists_) {
        self.children = keep(elements);
        self.is_hidden = std::ranges::any_of(elements, &node::is_hidden);
        members_.push_back(self);
    }
    result_.root_.children = keep(members_);
    result_.root_.is_hidden = std::ranges::any_of(members_, &node::is_hidden);
}

void loader::take_included(const node& root) {
    if (root.what == shape::null)  // nothing but comments: a file waiting for its first entry
        return;
    if (root.what != shape::map) {
        fail(root.where, {}, "the file is not a map of keys");
        return;
    }
    const value top(root, problems_);
    for (std::size_t i = 0; i < top.size(); ++i) {
        const auto member = top[i];
        if (!member.is_list())
            member.refuse_key("an included file holds only lists", "this key in the main file");
        else if (member.key() != "include")
            append(root.children[i]);
    }
    follow_includes(root);
}

void loader::follow_includes(const node& root) {
    const value top(root, problems_);
    const auto patterns = top.find("include");
    if (!patterns)
        return;
    if (!patterns->is_list())
        return patterns->refuse_as("a list of file names, * and ? allowed");
    for (std::size_t i = 0; i < patterns->size(); ++i)
        include((*patterns)[i]);
}

void loader::include(const value& pattern) {
    if (!pattern.is_text() || pattern.text().empty())
        return pattern.refuse_as("a file name, * and ? allowed");
    if (open_.size() > most_.include_depth)
        return pattern.refuse("files include files too deep",
                              "at most " + std::to_string(most_.include_depth) + " levels");
    const auto whole = resolve(pattern.directory(), pattern.text());
    const bool is_plain = whole.find_first_of("*?[") == std::string::npos;
    auto files = is_plain ? std::vector{whole} : around_.match(whole);
    std::ranges::sort(files);
    for (const auto& file : files)
        include_file(file, pattern);
}

void loader::include_file(const std::string& path, const value& pattern) {
    const auto identity = around_.identity(path);
    if (std::ranges::find(open_, identity) != open_.end())
        return pattern.refuse("the files include each other: " + quoted(path) +
                              " is already being read");
    const auto [earlier, is_new] = included_.emplace(identity, problems_.name_of(pattern.where()));
    if (!is_new)
        return pattern.refuse("the file " + quoted(path) + " is included twice, first at " +
                              earlier->second);
    open_.push_back(identity);
    if (const auto root = read(path, pattern))
        take_included(*root);
    open_.pop_back();
}

void loader::append(const node& list) {
    auto known =
        std::ranges::find(lists_, list.key, [](const joined& one) { return one.self.key; });
    if (known == lists_.end())
        known = lists_.insert(lists_.end(), {list, {}});
    known->elements.insert(known->elements.end(), list.children.begin(), list.children.end());
}

std::span<const node> loader::keep(const std::vector<node>& nodes) {
    if (nodes.empty())
        return {};
    auto* copy =
        static_cast<node*>(result_.room_->allocate(nodes.size() * sizeof(node), alignof(node)));
    std::uninitialized_copy(nodes.begin(), nodes.end(), copy);
    return {copy, nodes.size()};
}

document load(const std::string& path, report& problems, const surroundings& around,
              const bounds& most) {
    return loader(problems, around, most).run(path);
}

}  // namespace sluice::config
