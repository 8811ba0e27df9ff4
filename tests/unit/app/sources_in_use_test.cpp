// SPDX-License-Identifier: Apache-2.0
#include "app/sources_in_use.hpp"
#include "sluice/runtime/worker.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using sluice::app::sources_in_use;
using sluice::service::service_settings;

namespace {

struct nowhere final : sluice::service::source_sink {
    void put(sluice::service::source_update) override {}
};

/// Writes down what it is told.
class noting_source final : public sluice::service::service_source {
public:
    noting_source(std::string name, std::vector<std::string>& notes)
        : name_(std::move(name)), notes_(notes) {
        notes_.push_back(name_ + " begins");
    }
    ~noting_source() override { notes_.push_back(name_ + " ends"); }
    void follow(const std::vector<service_settings>& wanted) override {
        auto line = name_ + " follows";
        for (const auto& one : wanted)
            line += " " + one.name;
        notes_.push_back(line);
    }
    sluice::service::source_state state() const override { return {true}; }

private:
    std::string name_;
    std::vector<std::string>& notes_;
};

service_settings found_by(const char* source, const char* name) {
    service_settings one;
    one.source = source;
    one.name = name;
    return one;
}

}  // namespace

TEST_CASE("each source is made once, told its services, and ended when none names it") {
    std::vector<std::string> notes;
    nowhere sink;
    boost::asio::io_context context;
    sluice::runtime::worker control{0};
    {
        sources_in_use sources(
            [&](const auto& name, const auto&) -> std::unique_ptr<sluice::service::service_source> {
                return std::make_unique<noting_source>(name, notes);
            },
            {context, control, sink});
        sluice::app::settings all;
        all.services = {found_by("fixed", "a"), found_by("dns", "b"), found_by("dns", "c")};
        sources.follow(sources.prepare(all));
        CHECK(notes == std::vector<std::string>{"dns begins", "dns follows b c"});
        all.services = {found_by("dns", "c"), found_by("map", "d")};
        sources.follow(sources.prepare(all));
        all.services = {found_by("map", "d")};
        sources.follow(sources.prepare(all));
        CHECK(sources.states().size() == 1);
        CHECK(sources.states().at("map").up);
        notes.erase(notes.begin(), notes.begin() + 2);
        CHECK(notes == std::vector<std::string>{"map begins", "dns follows c", "map follows d",
                                                "dns ends", "map follows d"});
    }
    CHECK(notes.back() == "map ends");
}

TEST_CASE("a source that cannot be made leaves those in use as they are") {
    std::vector<std::string> notes;
    nowhere sink;
    boost::asio::io_context context;
    sluice::runtime::worker control{0};
    sources_in_use sources(
        [&](const auto& name, const auto&) -> std::unique_ptr<sluice::service::service_source> {
            if (name == "bad")
                throw std::runtime_error("no such luck");
            return std::make_unique<noting_source>(name, notes);
        },
        {context, control, sink});
    sluice::app::settings all;
    all.services = {found_by("dns", "a")};
    sources.follow(sources.prepare(all));
    notes.clear();
    all.services = {found_by("bad", "b")};
    CHECK_THROWS_AS(sources.prepare(all), std::runtime_error);
    CHECK(notes.empty());
}
