// SPDX-License-Identifier: Apache-2.0
// yaml-cpp's events instead of its YAML::Node: half the time, places of keys kept, and duplicates
// and aliases seen as they are. yaml-cpp 0.7 by itself lets duplicate keys, unknown tags, merge
// keys and alias bombs pass.
#include "tree_builder.hpp"

#include "sluice/base/strings.hpp"
#include "sluice/config/value.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstring>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>

namespace sluice::config {

namespace {

/// Thrown through yaml-cpp's parser to leave it after a problem that makes going on pointless.
struct give_up {};

/// An istream over a text that stays where it is.
class view_buffer : public std::streambuf {
public:
    explicit view_buffer(std::string_view text) {
        auto* start = const_cast<char*>(text.data());  // streambuf's get area is only read
        setg(start, start, start + text.size());
    }
};

constexpr std::string_view core_tag = "tag:yaml.org,2002:";

class tree_builder final : public YAML::EventHandler {
public:
    tree_builder(std::uint32_t file, report& problems, std::pmr::memory_resource& room,
                 build_budget& spent, const bounds& most, const expander& expand)
        : file_(file), problems_(problems), room_(room), spent_(spent), most_(most),
          expand_(expand) {}

    const node& root() const { return root_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1)
            stop(at(mark), "a second document starts here", "one document in a file");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        node one;
        one.where = at(mark);
        remember(anchor, one);
        add(one);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        check_tag(tag, "seq", at(mark));
        open(shape::list, at(mark), anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        check_tag(tag, "map", at(mark));
        open(shape::map, at(mark), anchor);
    }
    void OnMapEnd() override { close(); }

private:
    /// A list or map whose end has not come.
    struct frame {
        node self;
        YAML::anchor_t anchor;
        std::size_t first;     // of its children in pending_
        bool is_key_next;      // maps only
        std::string_view key;  // of the value to come
        place key_where;
        bool is_dropped = false;  // the key to come's value is read, but not kept
    };

    place at(const YAML::Mark& mark) const {
        return {file_, static_cast<std::uint32_t>(std::max(mark.line, 0)) + 1,
                static_cast<std::uint32_t>(std::max(mark.column, 0)) + 1};
    }
    void refuse(place where, std::string message, std::string expected = {}) {
        problems_.add(
            {severity::error, where, path(), std::move(message), std::move(expected), {}, false});
    }
    [[noreturn]] void stop(place where, std::string message, std::string expected = {}) {
        refuse(where, std::move(message), std::move(expected));
        throw give_up{};
    }
    std::string path() const;
    bool check_tag(const std::string& tag, std::string_view good, place where);
    void open(shape what, place where, YAML::anchor_t anchor);
    void close();
    void add(node one);
    void take_key(frame& map, const node& key);
    void refuse_duplicates(const frame& map);
    void spend(std::size_t count, place where);
    void remember(YAML::anchor_t anchor, const node& one) {
        if (anchor != 0)
            anchors_[anchor] = one;
    }
    std::string_view keep(std::string_view text) {
        if (text.empty())
            return {};
        auto* copy = static_cast<char*>(room_.allocate(text.size(), 1));
        std::memcpy(copy, text.data(), text.size());
        return {copy, text.size()};
    }
    std::string_view intern(std::string_view key) {
        if (const auto known = keys_.find(key); known != keys_.end())
            return *known;
        return *keys_.insert(keep(key)).first;
    }

    std::uint32_t file_;
    report& problems_;
    std::pmr::memory_resource& room_;
    build_budget& spent_;
    const bounds& most_;
    const expander& expand_;
    int documents_ = 0;
    node root_;
    std::vector<frame> frames_;
    std::vector<node> pending_;  // children of open frames, innermost last
    std::unordered_map<YAML::anchor_t, node> anchors_;
    std::unordered_set<std::string_view> keys_;
};

void tree_builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const auto where = at(mark);
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) {
        const bool inside =
            std::ranges::any_of(frames_, [&](const frame& one) { return one.anchor == anchor; });
        stop(where, inside ? "an alias inside what it stands for" : "an alias of nothing");
    }
    node one = target->second;
    spent_.alias_nodes += one.size;
    if (spent_.alias_nodes > most_.alias_nodes)
        stop(where, "aliases repeat too much",
             "at most " + std::to_string(most_.alias_nodes) + " values made by aliases");
    one.where = where;
    add(one);
}

void tree_builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                            const std::string& value) {
    node one;
    one.what = shape::text;
    one.where = at(mark);
    if (tag != "?" && tag != "!") {
        const bool plain = tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float" ||
                           tag == "tag:yaml.org,2002:bool";
        one.is_broken = !plain && !check_tag(tag, "str", one.where);
        one.is_quoted = !plain;
    } else {
        one.is_quoted = tag == "!";
    }
    const bool is_key =
        !frames_.empty() && frames_.back().self.what == shape::map && frames_.back().is_key_next;
    one.text = is_key ? intern(value) : keep(value);
    if (!is_key && value.find("${") != std::string::npos)
        if (auto error = expand_(one); !error.empty()) {
            one.is_broken = true;
            refuse(one.where, std::move(error));
        }
    remember(anchor, one);
    add(one);
}

/// The path of the value that is being read, for problems found before there is a tree.
std::string tree_builder::path() const {
    std::string path;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
        const auto& one = frames_[i];
        const auto next = i + 1 < frames_.size() ? frames_[i + 1].first : pending_.size();
        if (one.self.what == shape::list)
            append_index(path, next - one.first);
        else if (!one.is_key_next)
            append_key(path, one.key);
    }
    return path;
}

bool tree_builder::check_tag(const std::string& tag, std::string_view good, place where) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == std::string(core_tag) + std::string(good))
        return true;
    refuse(where, "the tag " + quoted(tag) + " is not known", "no tag");
    return false;
}

void tree_builder::open(shape what, place where, YAML::anchor_t anchor) {
    if (frames_.size() >= most_.depth)
        stop(where, "too many levels", "at most " + std::to_string(most_.depth));
    frame one{{}, anchor, pending_.size(), what == shape::map, {}, {}};
    one.self.what = what;
    one.self.where = where;
    frames_.push_back(one);
}

void tree_builder::close() {
    auto self = frames_.back().self;
    const auto anchor = frames_.back().anchor;
    const auto first = frames_.back().first;
    if (self.what == shape::map)
        refuse_duplicates(frames_.back());
    const auto count = pending_.size() - first;
    if (count > 0) {
        auto* children = static_cast<node*>(room_.allocate(count * sizeof(node), alignof(node)));
        std::uninitialized_copy(pending_.begin() + static_cast<std::ptrdiff_t>(first),
                                pending_.end(), children);
        self.children = {children, count};
        pending_.resize(first);
    }
    for (const auto& child : self.children) {
        self.size += child.size;
        self.height =
            std::max<std::uint16_t>(self.height, static_cast<std::uint16_t>(child.height + 1));
        self.is_hidden = self.is_hidden || child.is_hidden;
    }
    frames_.pop_back();
    remember(anchor, self);
    add(self);
}

void tree_builder::add(node one) {
    if (frames_.size() + one.height > most_.depth + 1)
        stop(one.where, "too many levels", "at most " + std::to_string(most_.depth));
    spend(1, one.where);
    if (frames_.empty()) {
        root_ = one;
        return;
    }
    auto& parent = frames_.back();
    if (parent.self.what == shape::map) {
        if (parent.is_key_next)
            return take_key(parent, one);
        parent.is_key_next = true;
        if (std::exchange(parent.is_dropped, false))
            return;
        one.key = parent.key;
        one.key_where = parent.key_where;
        if (one.what == shape::null && one.where.line != parent.key_where.line)
            one.where = parent.key_where;  // the event has the place of whatever comes next
    }
    pending_.push_back(one);
}

void tree_builder::take_key(frame& map, const node& key) {
    map.key_where = key.where;
    map.is_dropped = true;
    if (key.what != shape::text)
        refuse(key.where, "a key that is not a text", "a key and a colon");
    else if (key.text == "<<" && !key.is_quoted)
        refuse(key.where, "merge keys are not supported", "the keys themselves");
    else
        map.is_dropped = false;
    map.key = key.text;
    map.is_key_next = false;
}

void tree_builder::refuse_duplicates(const frame& map) {
    const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(map.first);
    auto kept = begin;  // the first of each key stays
    const auto tell = [&](const node& one, const node& earlier) {
        auto where = path();
        append_key(where, one.key);
        problems_.add({severity::error,
                       one.key_where,
                       std::move(where),
                       "the key is given twice, first at " + problems_.name_of(earlier.key_where),
                       {},
                       {},
                       true});
    };
    if (pending_.end() - begin <= 16) {  // nearly all maps are small
        for (auto one = begin; one != pending_.end(); ++one) {
            const auto earlier =
                std::find_if(begin, kept, [&](const node& other) { return other.key == one->key; });
            if (earlier != kept)
                tell(*one, *earlier);
            else
                *kept++ = *one;
        }
    } else {
        std::unordered_map<std::string_view, std::size_t> seen;
        for (auto one = begin; one != pending_.end(); ++one) {
            const auto [earlier, is_new] = seen.emplace(one->key, kept - pending_.begin());
            if (!is_new)
                tell(*one, pending_[earlier->second]);
            else
                *kept++ = *one;
        }
    }
    pending_.erase(kept, pending_.end());
}

void tree_builder::spend(std::size_t count, place where) {
    spent_.nodes += count;
    if (spent_.nodes > most_.nodes)
        stop(where, "too many values", "at most " + std::to_string(most_.nodes));
}

}  // namespace

std::optional<node> build_tree(std::uint32_t file, report& problems,
                               std::pmr::memory_resource& room, build_budget& spent,
                               const bounds& most, const expander& expand) {
    tree_builder builder(file, problems, room, spent, most, expand);
    view_buffer buffer(problems.file_text(file));
    std::istream stream(&buffer);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.root();
    } catch (const give_up&) {
        return std::nullopt;
    } catch (const YAML::Exception& error) {
        const auto& mark = error.mark;
        const place where{file, static_cast<std::uint32_t>(std::max(mark.line, 0)) + 1,
                          static_cast<std::uint32_t>(std::max(mark.column, 0)) + 1};
        problems.add({severity::error, where, {}, "not YAML: " + error.msg, {}, {}, false});
        return std::nullopt;
    }
}

}  // namespace sluice::config
