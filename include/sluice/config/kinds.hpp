// SPDX-License-Identifier: Apache-2.0
// How one value is read, bounded and written back: texts, numbers, sizes, durations, choices,
// lists, blocks. Kinds that know more than the configuration (addresses, hosts, regexes) stand in
// the modules that own those things.
//
// A kind for members of type M offers
//     void read(const value&, M&) const;      fills the member or reports a problem and leaves it alone
//     void write(writer&, const M&) const;    what read() would accept again
//     std::string expected() const;           "a duration from 1ms to 24h", for messages and the reference
//     form look() const;                      the same for machines: the JSON schema is made of it
// and may offer present(const M&): false leaves the key out of the dump.
#pragma once

#include "sluice/base/secret.hpp"
#include "sluice/config/form.hpp"
#include "sluice/config/schema.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::config {

/// The texts of quantities. parse_* answer nothing on any other text; to_* write what parse_*
/// reads.
std::optional<std::uint64_t> parse_whole(std::string_view text);
std::optional<std::uint64_t> parse_bytes(std::string_view text);
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string bytes_text(std::uint64_t count);
std::string duration_text(std::chrono::milliseconds length);

/// Any text that is not empty.
struct text {
    std::size_t most = 4096;  ///< bytes
    void read(const value& from, std::string& to) const;
    void write(writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return "a text"; }
    form look() const;
};

/// True for what `name` reads, but for its length.
bool is_name(std::string_view text) noexcept;

/// What listeners, services and routes are called: letters, digits and `. _ - / : @`, at most 128
/// of them.
struct name {
    void read(const value& from, std::string& to) const;
    void write(writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return "a name of letters, digits and . _ - / : @"; }
    form look() const { return named_text("name", "[A-Za-z0-9._/:@-]{1,128}", "128"); }
};

/// A secret text; written as ***.
struct secret_text {
    static constexpr bool secret = true;
    void read(const value& from, sluice::secret& to) const;
    void write(writer& out, const sluice::secret&) const { out.text(sluice::secret::masked); }
    bool present(const sluice::secret& one) const { return !one.empty(); }
    std::string expected() const {
        return "a text of visible ASCII characters, best as ${file:PATH} or ${env:NAME}";
    }
    form look() const { return named_text("secret", "[!-~]{1,4096}", "4096"); }
};

/// true or false and nothing else: on, off, yes and no are texts.
struct flag {
    void read(const value& from, bool& to) const;
    void write(writer& out, bool from) const { out.flag(from); }
    std::string expected() const { return "true or false"; }
    form look() const { return {.what = form::type::flag}; }
};

/// A whole number within bounds, for members of any unsigned type.
struct whole {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    std::string_view unit = {};  ///< for the reference: "connections"

    std::optional<std::uint64_t> parse(const value& from) const;
    template <class M>
    void read(const value& from, M& to) const {
        if (const auto number = parse(from))
            to = static_cast<M>(*number);
    }
    void write(writer& out, std::uint64_t from) const { out.number(from); }
    std::string expected() const;
    form look() const;
};

/// A share such as 20%, kept as a whole number.
struct percent {
    void read(const value& from, unsigned& to) const;
    void write(writer& out, unsigned from) const { out.text(std::to_string(from) + "%"); }
    std::string expected() const { return "a share from 0% to 100%"; }
    form look() const;
};

/// A size such as 64KiB or 10MB, kept in bytes.
struct bytes {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

    std::optional<std::uint64_t> parse(const value& from) const;
    template <class M>
    void read(const value& from, M& to) const {
        if (const auto count = parse(from))
            to = static_cast<M>(*count);
    }
    void write(writer& out, std::uint64_t from) const { out.text(bytes_text(from)); }
    std::string expected() const;
    form look() const;
};

/// A duration such as 250ms, 5s or 2m.
struct span {
    std::chrono::milliseconds least{1};
    std::chrono::milliseconds most = std::chrono::hours{24};

    void read(const value& from, std::chrono::milliseconds& to) const;
    void write(writer& out, std::chrono::milliseconds from) const { out.text(duration_text(from)); }
    std::string expected() const;
    form look() const;
};

/// Tells a word from a list; reports `not in this version` for a word of `later`. The index of the
/// word in `now`.
std::optional<std::size_t> parse_word(const value& from, const std::vector<std::string_view>& now,
                                      const std::vector<std::string_view>& later);
std::string one_of(const std::vector<std::string_view>& words);

/// One word out of several, each standing for a value of E.
template <class E>
class choice {
public:
    choice(std::initializer_list<std::pair<std::string_view, E>> words) {
        for (const auto& [word, meaning] : words) {
            words_.push_back(word);
            meanings_.push_back(meaning);
        }
    }
    void read(const value& from, E& to) const {
        if (const auto at = parse_word(from, words_, {}))
            to = meanings_[*at];
    }
    void write(writer& out, const E& from) const {
        for (std::size_t i = 0; i < words_.size(); ++i)
            if (meanings_[i] == from)
                return out.text(words_[i]);
    }
    std::string expected() const { return one_of(words_); }
    form look() const { return words_of(words_); }

private:
    std::vector<std::string_view> words_;
    std::vector<E> meanings_;
};

/// A word kept as text, some of which a later version brings.
struct word {
    std::vector<std::string_view> now;
    std::vector<std::string_view> later;

    void read(const value& from, std::string& to) const {
        if (const auto at = parse_word(from, now, later))
            to = now[*at];
    }
    void write(writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return one_of(now); }
    form look() const { return words_of(now); }
};

/// A word that may only be one so far; no member keeps it.
struct only_word {
    std::string_view now;
    std::vector<std::string_view> later;

    template <class T>
    void read(const value& from, T&) const {
        parse_word(from, {now}, later);
    }
    template <class T>
    void write(writer& out, const T&) const {
        out.text(now);
    }
    std::string expected() const { return std::string(now); }
    form look() const { return words_of({now}); }
};

/// A list that may only hold one word so far; no member keeps it.
struct only_list {
    std::string_view now;
    std::vector<std::string_view> later;

    void check(const value& from) const;
    template <class T>
    void read(const value& from, T&) const {
        check(from);
    }
    template <class T>
    void write(writer& out, const T&) const {
        out.list(1, [&](std::size_t) { out.text(now); });
    }
    std::string expected() const { return "[" + std::string(now) + "]"; }
    form look() const {
        return {.what = form::type::list, .least = "1", .parts = {form_of(only_word{now, later})}};
    }
};

/// A switch that may only be off so far; no member keeps it.
struct only_false {
    void check(const value& from) const;
    template <class T>
    void read(const value& from, T&) const {
        check(from);
    }
    template <class T>
    void write(writer& out, const T&) const {
        out.flag(false);
    }
    std::string expected() const { return "false"; }
    form look() const { return {.what = form::type::flag, .words = {"false"}}; }
};

/// A key the contract names and this version does not build.
struct not_in_this_version {
    static constexpr bool not_built = true;
    template <class T>
    void read(const value& from, T&) const {
        from.refuse_key("not in this version");
    }
    template <class T>
    void write(writer&, const T&) const {}
    template <class T>
    bool present(const T&) const {
        return false;
    }
    std::string expected() const { return "nothing yet"; }
    form look() const { return {}; }
};

/// A key that was dealt with before schemas are asked (`include`).
struct read_by_loader {
    template <class T>
    void read(const value&, T&) const {}
    template <class T>
    void write(writer&, const T&) const {}
    template <class T>
    bool present(const T&) const {
        return false;
    }
    std::string expected() const { return "a list of file names, * and ? allowed"; }
    form look() const {
        return {.what = form::type::list, .parts = {named_text("path of a file, * and ? allowed")}};
    }
};

/// A member that may be absent; then its key is not written.
template <class K>
struct maybe {
    K kind;
    template <class M>
    void read(const value& from, std::optional<M>& to) const {
        M one{};
        const auto errors_before = from.problems().errors();
        kind.read(from, one);
        if (from.problems().errors() == errors_before)
            to = std::move(one);
    }
    template <class M>
    void write(writer& out, const std::optional<M>& from) const {
        kind.write(out, *from);
    }
    template <class M>
    bool present(const std::optional<M>& one) const {
        return one.has_value();
    }
    std::string expected() const { return kind.expected(); }
    form look() const { return kind.look(); }
};
template <class K>
maybe(K) -> maybe<K>;

/// A member whose absence has a word of its own: `none`, `auto`.
template <class K>
struct word_or {
    std::string_view absent;
    K kind;
    template <class M>
    void read(const value& from, std::optional<M>& to) const {
        if (from.is_text() && from.text() == absent)
            to.reset();
        else
            maybe<K>{kind}.read(from, to);
    }
    template <class M>
    void write(writer& out, const std::optional<M>& from) const {
        if (from)
            kind.write(out, *from);
        else
            out.text(absent);
    }
    std::string expected() const { return std::string(absent) + " or " + kind.expected(); }
    form look() const { return either_of(words_of({absent}), form_of(kind)); }
};
template <class K>
word_or(std::string_view, K) -> word_or<K>;

/// A list; every element is read even when another one is wrong, so indexes stay those of the file.
template <class K>
struct list_of {
    K kind;
    std::string_view of;    ///< what stands in it, in words
    std::size_t least = 0;  ///< elements

    template <class M>
    void read(const value& from, std::vector<M>& to) const {
        if (!from.is_list())
            return from.refuse_as(expected());
        if (from.size() < least)
            return from.refuse("the list is empty", expected());
        to.clear();
        to.reserve(from.size());
        for (std::size_t i = 0; i < from.size(); ++i)
            kind.read(from[i], to.emplace_back());
    }
    template <class M>
    void write(writer& out, const std::vector<M>& from) const {
        out.list(from.size(), [&](std::size_t i) { kind.write(out, from[i]); });
    }
    std::string expected() const { return "a list of " + std::string(of); }
    form look() const {
        return {.what = form::type::list,
                .called = std::string(of),
                .least = least > 0 ? std::to_string(least) : "",
                .parts = {form_of(kind)}};
    }
};
template <class K>
list_of(K, std::string_view) -> list_of<K>;
template <class K>
list_of(K, std::string_view, int) -> list_of<K>;

/// A map with a schema of its own.
template <class T>
struct block {
    const schema<T>* keys;

    explicit block(const schema<T>& of) : keys(&of) {}
    void read(const value& from, T& to) const { keys->read(from, to); }
    void write(writer& out, const T& from) const { keys->write(out, from); }
    std::string expected() const { return "a map"; }
    form look() const { return {.what = form::type::map, .keys = keys}; }
};

}  // namespace sluice::config
