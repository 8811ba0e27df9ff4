// SPDX-License-Identifier: Apache-2.0
// The questions that services need answered, each asked once for all of them, again and again as
// its answers allow. Tells when records changed, and logs a name that begins or ceases to be in
// trouble, once.
#pragma once

#include "sluice/base/random.hpp"
#include "sluice/net/resolver.hpp"
#include "sluice/runtime/worker.hpp"
#include "sluice/service/source.hpp"
#include "sources/dns/lookup.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sluice::sources {

/// Thread: control.
class watch_list {
public:
    /// `changed` is called when the records of a question are others than before, or surely gone.
    using on_change = std::function<void(const net::dns_question&)>;

    watch_list(runtime::worker& control, net::resolver& names, on_change changed);
    ~watch_list();
    watch_list(const watch_list&) = delete;
    watch_list& operator=(const watch_list&) = delete;

    /// Watches a question once more, or once less; nobody's question is forgotten.
    void add(const net::dns_question&);
    void remove(const net::dns_question&);

    /// Null when nobody watches it.
    const lookup* find(const net::dns_question&) const;

    /// Up from a good answer (that a name does not exist is one) to the first question after it
    /// that begins to fail. A name that goes on failing says nothing new.
    service::source_state state() const;

private:
    enum class trouble { none, failing, absent };
    struct entry;

    void ask(const net::dns_question&);
    void take(const net::dns_question&, std::uint64_t number, const net::dns_answer&);
    void note(entry&, const net::dns_answer&);
    trouble trouble_of(const std::string& name) const;
    void tell_trouble(const net::dns_question&);
    void forget_trouble(const std::string& name);

    runtime::worker& control_;
    net::resolver& names_;
    on_change changed_;
    random_source random_;
    std::uint64_t asked_ = 0;
    std::uint64_t answers_ = 0;    // counted, failures too
    std::uint64_t last_good_ = 0;  // its number
    std::optional<std::chrono::system_clock::time_point> last_success_;
    std::map<net::dns_question, std::unique_ptr<entry>> entries_;
    std::map<std::string, trouble> troubled_;                 // what was logged last of a name
    std::shared_ptr<char> alive_ = std::make_shared<char>();  // replies behind our end see it
};

}  // namespace sluice::sources
