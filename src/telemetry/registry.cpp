// SPDX-License-Identifier: Apache-2.0
// Which series exist, and their page. The registry holds its series weakly: a route or node that
// goes takes its series with it. prometheus-cpp writes the text.
#include "sluice/telemetry/metric.hpp"
#include "telemetry/families.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <variant>

namespace sluice::telemetry {
namespace {

constexpr std::string_view overflow_label = "other";

/// How many lines of the page a series is: what max_series counts.
template <class Metric>
constexpr std::size_t lines_of = 1;
template <>
constexpr std::size_t lines_of<histogram> = histogram::bucket_count + 2;

template <class Metric>
constexpr auto type_of = prometheus::MetricType::Counter;
template <>
constexpr auto type_of<gauge> = prometheus::MetricType::Gauge;
template <>
constexpr auto type_of<histogram> = prometheus::MetricType::Histogram;

using reader = std::function<double()>;

struct series {
    labels names;
    std::variant<std::weak_ptr<counter>, std::weak_ptr<gauge>, std::weak_ptr<histogram>, reader>
        value;
    std::optional<std::weak_ptr<const void>> guard = {};  ///< with it the series is gone, too
};

/// Shared with a scrape that has begun: what the map drops meanwhile lives until it is written.
using shared_series = std::shared_ptr<const series>;

using family_reader = std::function<void(const registry::teller&)>;

struct family {
    prometheus::MetricType type;
    std::map<std::string, shared_series> all;  ///< by label text, so that the page keeps its order
    std::shared_ptr<const family_reader> whole = {};  ///< tells further series at scrape time
    std::size_t told = 0;                             ///< series it told last
};

using named_family = std::pair<const std::string, family>;

/// Series a scrape takes at a time: a worker who needs the lock waits for so many at most.
constexpr std::size_t walk_piece = 256;

/// Lines of living series. Outlives the registry: a series may be dropped after it.
using line_count = std::atomic<std::size_t>;

std::string key_of(const labels& names) {
    std::string key;
    for (const auto& [name, value] : names)
        key.append(name).append(1, '\0').append(value).append(1, '\1');
    return key;
}

bool is_gone(const series& one) {
    if (one.guard && one.guard->expired())
        return true;
    return std::visit(
        [](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, reader>)
                return false;
            else
                return value.expired();
        },
        one.value);
}

void write_value(const counter& from, prometheus::ClientMetric& to) {
    to.counter.value = static_cast<double>(from.sum());
}
void write_value(const gauge& from, prometheus::ClientMetric& to) {
    to.gauge.value = static_cast<double>(from.sum());
}
void write_value(const histogram& from, prometheus::ClientMetric& to) {
    const auto reading = from.sum();
    const auto bounds = histogram::bounds();
    to.histogram.sample_count = reading.count;
    to.histogram.sample_sum = reading.sum;
    for (std::size_t i = 0; i < histogram::bucket_count; ++i)
        to.histogram.bucket.push_back(
            {reading.buckets[i],
             i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
}

/// False when the series is gone.
bool write_series(const series& from, prometheus::MetricType type, prometheus::ClientMetric& to) {
    for (const auto& [name, value] : from.names)
        to.label.push_back({name, value});
    return std::visit(
        [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, reader>) {
                (type == prometheus::MetricType::Counter ? to.counter.value : to.gauge.value) =
                    value();
                return true;
            } else {
                const auto held = value.lock();
                if (held)
                    write_value(*held, to);
                return held != nullptr;
            }
        },
        from.value);
}

}  // namespace

struct registry::state {
    state(std::size_t most, unsigned count) : max_lines(most), threads(count) {}

    family& family_of(std::string_view name, prometheus::MetricType type);
    template <class Metric>
    std::shared_ptr<Metric> make(std::string_view name, labels names,
                                 std::weak_ptr<const void> guard = {});
    template <class Metric>
    std::shared_ptr<Metric> create(family& in, labels names, std::string key,
                                   std::weak_ptr<const void> guard);
    void sweep();
    void watch(family& in, labels names, reader read);
    std::vector<named_family*> all_families();
    bool take_piece(family& in, std::optional<std::string>& after, std::vector<shared_series>& to);
    prometheus::MetricFamily read(named_family&);
    void read_whole(family& in, prometheus::MetricFamily& to);

    std::atomic<std::size_t> max_lines;
    const unsigned threads;
    std::shared_ptr<line_count> lines = std::make_shared<line_count>(0);
    mutable std::mutex lock;
    std::mutex scraping;  ///< one page at a time: readings need not bear two
    std::map<std::string, family, std::less<>> families;
    std::vector<std::shared_ptr<void>>
        kept;                 ///< the "other" series: shared by many, so never reset
    std::size_t entries = 0;  ///< series in the maps, gone ones included
    std::size_t sweep_at = 1024;
};

family& registry::state::family_of(std::string_view name, prometheus::MetricType type) {
    auto found = families.find(name);
    if (found == families.end())
        found = families.emplace(std::string{name}, family{type, {}}).first;
    // Two kinds under one name would make a page no scraper reads.
    if (found->second.type != type)
        throw std::logic_error("metric family " + std::string{name} + " has another type");
    return found->second;
}

template <class Metric>
std::shared_ptr<Metric> registry::state::make(std::string_view name, labels names,
                                              std::weak_ptr<const void> guard) {
    const std::lock_guard locked{lock};
    auto& in = family_of(name, type_of<Metric>);
    std::string key = key_of(names);
    const auto existing = [&]() -> std::shared_ptr<Metric> {
        const auto found = in.all.find(key);
        return found == in.all.end() || is_gone(*found->second)
                   ? nullptr
                   : std::get<std::weak_ptr<Metric>>(found->second->value).lock();
    };
    if (auto held = existing())
        return held;
    if (names.empty() || *lines + lines_of<Metric> <= max_lines)
        return create<Metric>(in, std::move(names), std::move(key), std::move(guard));

    for (auto& one : names)
        one.second = overflow_label;
    key = key_of(names);
    if (auto held = existing())
        return held;
    auto shared = create<Metric>(in, std::move(names), std::move(key), {});
    kept.push_back(shared);
    return shared;
}

template <class Metric>
std::shared_ptr<Metric> registry::state::create(family& in, labels names, std::string key,
                                                std::weak_ptr<const void> guard) {
    const bool is_guarded = !guard.expired();
    lines->fetch_add(lines_of<Metric>);
    std::shared_ptr<Metric> made{new Metric{threads}, [count = lines](Metric* gone) {
                                     delete gone;
                                     count->fetch_sub(lines_of<Metric>);
                                 }};
    const bool added =
        in.all
            .insert_or_assign(std::move(key),
                              std::make_shared<const series>(series{
                                  std::move(names), std::weak_ptr<Metric>{made},
                                  is_guarded ? std::optional(std::move(guard)) : std::nullopt}))
            .second;
    // Without a scraper nobody else removes what is gone; doubling keeps the cost per series
    // constant.
    if (added && ++entries > sweep_at) {
        sweep();
        sweep_at = std::max<std::size_t>(1024, 2 * entries);
    }
    return made;
}

void registry::state::sweep() {
    entries = 0;
    for (auto& [name, in] : families) {
        std::erase_if(in.all, [](const auto& one) { return is_gone(*one.second); });
        entries += in.all.size();
    }
}

void registry::state::watch(family& in, labels names, reader read) {
    std::string key = key_of(names);
    auto made = std::make_shared<const series>(series{std::move(names), std::move(read)});
    if (!in.all.insert_or_assign(std::move(key), std::move(made)).second)
        return;
    ++entries;
    lines->fetch_add(1);
}

/// Families never go, so the pointers stay good.
std::vector<named_family*> registry::state::all_families() {
    const std::lock_guard guard{lock};
    std::vector<named_family*> all;
    all.reserve(families.size());
    for (auto& one : families)
        all.push_back(&one);
    return all;
}

/// Takes the next living series behind the key `after` (none: from the start) and removes the gone
/// ones it passes. False at the end.
bool registry::state::take_piece(family& in, std::optional<std::string>& after,
                                 std::vector<shared_series>& to) {
    to.clear();
    const std::lock_guard guard{lock};
    auto at = after ? in.all.upper_bound(*after) : in.all.begin();
    for (std::size_t looked = 1; at != in.all.end(); ++looked) {
        if (looked == walk_piece)
            after = at->first;
        if (is_gone(*at->second)) {
            at = in.all.erase(at);
            --entries;
        } else {
            to.push_back((at++)->second);
        }
        if (looked == walk_piece)
            return true;
    }
    return false;
}

/// Everything that takes its time (summing, files of /proc, the readings of others) happens here,
/// between the pieces, outside the lock.
prometheus::MetricFamily registry::state::read(named_family& from) {
    auto& [name, in] = from;
    prometheus::MetricFamily to{name, std::string{help_of(name)}, in.type, {}};
    std::optional<std::string> after;
    std::vector<shared_series> piece;
    bool more = true;
    while (more) {
        more = take_piece(in, after, piece);
        for (const auto& one : piece)
            if (prometheus::ClientMetric metric; write_series(*one, in.type, metric))
                to.metric.push_back(std::move(metric));
    }
    read_whole(in, to);
    return to;
}

/// Told series go behind those of the map, in the order they are told.
void registry::state::read_whole(family& in, prometheus::MetricFamily& to) {
    std::shared_ptr<const family_reader> whole;
    {
        const std::lock_guard guard{lock};
        whole = in.whole;
    }
    if (!whole)
        return;
    const auto before = to.metric.size();
    (*whole)([&](const labels& names, double value) {
        auto& metric = to.metric.emplace_back();
        for (const auto& [name, text] : names)
            metric.label.push_back({name, text});
        (in.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
            value;
    });
    const auto now = to.metric.size() - before;
    lines->fetch_add(now - std::exchange(in.told, now));
}

registry::registry(const metrics_settings& settings, unsigned threads)
    : threads_(threads), state_(std::make_unique<state>(settings.max_series, threads)) {}

registry::~registry() = default;

void registry::set_max_series(std::size_t most) noexcept { state_->max_lines = most; }

std::shared_ptr<counter> registry::make_counter(std::string_view name, labels names) {
    return state_->make<counter>(name, std::move(names));
}

std::shared_ptr<counter> registry::make_counter(std::string_view name, labels names,
                                                std::weak_ptr<const void> guard) {
    return state_->make<counter>(name, std::move(names), std::move(guard));
}

std::shared_ptr<gauge> registry::make_gauge(std::string_view name, labels names) {
    return state_->make<gauge>(name, std::move(names));
}

std::shared_ptr<histogram> registry::make_histogram(std::string_view name, labels names) {
    return state_->make<histogram>(name, std::move(names));
}

void registry::watch(std::string_view name, labels names, reading_kind kind,
                     std::function<double()> read) {
    const std::lock_guard guard{state_->lock};
    auto& in =
        state_->family_of(name, kind == reading_kind::counter ? prometheus::MetricType::Counter
                                                              : prometheus::MetricType::Gauge);
    state_->watch(in, std::move(names), std::move(read));
}

void registry::watch_family(std::string_view name, reading_kind kind,
                            std::function<void(const teller&)> read) {
    const std::lock_guard guard{state_->lock};
    auto& in =
        state_->family_of(name, kind == reading_kind::counter ? prometheus::MetricType::Counter
                                                              : prometheus::MetricType::Gauge);
    in.whole = std::make_shared<const family_reader>(std::move(read));
}

std::string registry::text() const {
    const std::lock_guard alone{state_->scraping};
    std::vector<prometheus::MetricFamily> page;
    for (auto* const one : state_->all_families()) {
        auto read = state_->read(*one);
        if (!read.metric.empty())
            page.push_back(std::move(read));
    }
    return prometheus::TextSerializer{}.Serialize(page);
}

}  // namespace sluice::telemetry
