// SPDX-License-Identifier: Apache-2.0
// A Catch2 test case for each row of a table: named like it, run, skipped and reported on its own.
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::conformance {

class generated_case final : public Catch::ITestInvoker {
public:
    explicit generated_case(std::function<void()> body) : body_(std::move(body)) {}
    void invoke() const override { body_(); }

private:
    std::function<void()> body_;
};

/// Adds a test case; before main() only. Catch owns it from then on.
inline void add_case(const std::string& name, std::string_view tags, std::function<void()> body) {
    const std::string all(tags);
    const Catch::AutoReg registered(new generated_case(std::move(body)), CATCH_INTERNAL_LINEINFO,
                                    Catch::StringRef(), Catch::NameAndTags(name, all));
}

}  // namespace sluice::conformance
