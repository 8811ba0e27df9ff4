// SPDX-License-Identifier: Apache-2.0
// The list of keys of one settings struct: a line a key, and from that line come reading,
// unknown-key detection, the effective-config dump, the JSON schema and the reference. Schemas
// stand beside the struct they describe, in its own module.
//
//     const schema<limits>& limits_schema() {
//         static const schema<limits> keys{
//             {"head", &limits::head, bytes{1024, 1 << 20}, "start line and fields together"},
//         };
//         return keys;
//     }
#pragma once

#include "sluice/base/strings.hpp"
#include "sluice/config/form.hpp"
#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

/// What else is to be said about a key; combine with |.
enum trait : unsigned {
    plain = 0,
    required = 1,     ///< the map is wrong without it
    on_restart = 2,   ///< a reload does not change it; everything else takes effect on reload
    alternative = 4,  ///< of the map's keys with this trait exactly one is given
    needed = 8,       ///< required, and the schema's own check says so in better words
};

/// How the keys of a map were read: one that was refused left its member at a default.
enum class keys_read : std::uint8_t { clean, refused };

class any_schema;

/// What is known about one key without its type: for the reference, the JSON schema and tests.
struct key_facts {
    std::string_view key;
    std::string_view help;  ///< one sentence, its first letter and its dot left out
    form look;              ///< with type, unit and bounds in words: "a duration from 1ms to 24h"
    unsigned traits = plain;
    bool is_built = true;  ///< false: known, but refused as `not in this version`
    bool is_secret = false;
    std::string absent = {};  ///< what holds without the key, as JSON; empty: nothing
};

/// A struct of one of two configurations that are compared: where it stands and what is hidden
/// there.
struct side {
    const std::set<std::string>& hidden;
    std::string path;
};

/// A key whose value is not the same on both sides.
struct key_change {
    std::string key;  ///< from the compared struct on: `pool.max`
    unsigned traits;
    std::string before, after;  ///< as JSON, hidden things masked; empty: the key is not there

    bool operator==(const key_change&) const = default;
};

/// A schema without its struct.
class any_schema {
public:
    const std::vector<key_facts>& keys() const noexcept { return facts_; }

protected:
    std::size_t find(std::string_view key) const noexcept;  // index into facts_, or its size
    void refuse_unknown(const value& member) const;
    void refuse_missing(const value& block) const;
    void refuse_alternatives(const value& block, keys_read how) const;

    std::vector<key_facts> facts_;
};

/// One key of the struct T. A kind K (kinds.hpp) has read(value, M&), write(writer&, const M&),
/// expected() and look().
template <class T>
class property {
public:
    /// A key that fills one member.
    template <class M, class K>
    property(std::string_view key, M T::* member, const K& kind, std::string_view help,
             unsigned traits = plain)
        : facts_(describe(key, kind, help, traits, T{}.*member)),
          read_([member, kind](const value& from, T& to) { kind.read(from, to.*member); }),
          write_([member, kind, key](writer& out, const T& from) {
              put(out, key, kind, from.*member);
          }),
          compare_([member, kind, key, traits](const T& a, const side& at, const T& b,
                                               const side& bt, std::vector<key_change>& to) {
              if (!(a.*member == b.*member))
                  tell<K, M>(kind, key, traits, {a.*member, at}, {b.*member, bt}, to);
          }) {}

    /// A key whose kind looks at the whole struct, or at none of it.
    template <class K>
    property(std::string_view key, const K& kind, std::string_view help, unsigned traits = plain)
        : facts_(describe(key, kind, help, traits, T{})),
          read_([kind](const value& from, T& to) { kind.read(from, to); }),
          write_([kind, key](writer& out, const T& from) { put(out, key, kind, from); }),
          compare_([kind, key, traits](const T& a, const side& at, const T& b, const side& bt,
                                       std::vector<key_change>& to) {
              static const std::set<std::string> nothing;
              const side open{nothing, {}};
              if (text_of<K, T>(kind, {a, open}) != text_of<K, T>(kind, {b, open}))
                  tell<K, T>(kind, key, traits, {a, at}, {b, bt}, to);
          }) {}

    const key_facts& facts() const noexcept { return facts_; }
    void read(const value& from, T& to) const { read_(from, to); }
    void write(writer& out, const T& from) const { write_(out, from); }
    /// Adds what differs in this key.
    void compare(const T& a, const side& at, const T& b, const side& bt,
                 std::vector<key_change>& to) const {
        compare_(a, at, b, bt, to);
    }

private:
    template <class M>
    struct placed {
        const M& value;
        const side& at;
    };
    template <class K, class M>
    static std::string text_of(const K& kind, placed<M> one) {
        if (!is_written(kind, one.value))
            return {};
        writer out(one.at.hidden, one.at.path);
        kind.write(out, one.value);
        return out.take();
    }
    template <class K, class M>
    static bool is_written(const K& kind, const M& from) {
        if constexpr (requires { kind.present(from); })
            return kind.present(from);
        else
            return true;
    }
    static side below(const side& at, std::string_view key) {
        side inner{at.hidden, at.path};
        append_key(inner.path, key);
        return inner;
    }
    /// A block tells its keys one by one.
    template <class K, class M>
    static void tell(const K& kind, std::string_view key, unsigned traits, placed<M> a, placed<M> b,
                     std::vector<key_change>& to) {
        const auto a_inside = below(a.at, key), b_inside = below(b.at, key);
        if constexpr (requires { kind.keys->compare(a.value, a.at, b.value, b.at, to); }) {
            const auto first = to.size();
            kind.keys->compare(a.value, a_inside, b.value, b_inside, to);
            for (auto at = first; at < to.size(); ++at)
                to[at].key = std::string(key) + "." + to[at].key;
        } else {
            const bool written = is_written(kind, a.value) || is_written(kind, b.value);
            if (written)  // two keys may fill one member; the other one stands in the file
                to.push_back({std::string(key), traits, text_of<K, M>(kind, {a.value, a_inside}),
                              text_of<K, M>(kind, {b.value, b_inside})});
        }
    }
    template <class K, class M>
    static key_facts describe(std::string_view key, const K& kind, std::string_view help,
                              unsigned traits, const M& absent) {
        key_facts facts{key, help, form_of(kind), traits};
        facts.is_built = !requires { K::not_built; };
        facts.is_secret = requires { K::secret; };
        // The keys of a map have defaults of their own, and may still be under construction.
        static const std::set<std::string> nothing;
        const side open{nothing, {}};
        if (facts.look.what == form::type::map)
            facts.absent = is_written(kind, absent) ? "{}" : "";
        else if (!(traits & (required | alternative | needed)))
            facts.absent = text_of<K, M>(kind, {absent, open});
        return facts;
    }
    /// A kind with present() decides whether its key is written at all.
    template <class K, class M>
    static void put(writer& out, std::string_view key, const K& kind, const M& from) {
        if (!is_written(kind, from))
            return;
        out.member(key, [&] { kind.write(out, from); });
    }

    key_facts facts_;
    std::function<void(const value&, T&)> read_;
    std::function<void(writer&, const T&)> write_;
    std::function<void(const T&, const side&, const T&, const side&, std::vector<key_change>&)>
        compare_;
};

template <class T>
class schema : public any_schema {
public:
    /// Looks at the whole struct once its keys are read, for what no single key can know, and may
    /// bring a default nobody wrote in line with what was.
    using check = std::function<void(const value&, T&, keys_read)>;

    schema(std::initializer_list<property<T>> properties, check also = {})
        : properties_(properties), also_(std::move(also)) {
        for (const auto& one : properties_)
            facts_.push_back(one.facts());
    }

    /// Fills `to` from a map; members without a key keep what they have. Every problem is reported.
    void read(const value& from, T& to) const {
        if (!from.is_map())
            return from.refuse_as("a map");
        const auto errors_before = from.problems().errors();
        for (std::size_t i = 0; i < from.size(); ++i) {
            const auto member = from[i];
            if (const auto at = find(member.key()); at < properties_.size())
                properties_[at].read(member, to);
            else
                refuse_unknown(member);
        }
        refuse_missing(from);
        const auto how = [&] {
            return from.problems().errors() == errors_before ? keys_read::clean
                                                             : keys_read::refused;
        };
        refuse_alternatives(from, how());
        if (also_)
            also_(from, to, how());
    }

    void write(writer& out, const T& from) const {
        out.map([&] {
            for (const auto& one : properties_)
                one.write(out, from);
        });
    }

    /// Adds every key that differs, but for those that compare something else (`except`).
    void compare(const T& a, const side& at, const T& b, const side& bt,
                 std::vector<key_change>& to,
                 std::initializer_list<std::string_view> except = {}) const {
        for (const auto& one : properties_)
            if (std::find(except.begin(), except.end(), one.facts().key) == except.end())
                one.compare(a, at, b, bt, to);
    }

private:
    std::vector<property<T>> properties_;
    check also_;
};

}  // namespace sluice::config
