// SPDX-License-Identifier: Apache-2.0
// What a tool of the bench found: how much was done, how long each took, and what went wrong. One
// line of JSON.
#pragma once

#include "histogram.hpp"

#include <cstdio>
#include <string>

namespace bench {

class report {
public:
    void done(std::int64_t took) { latency_.add(took); }
    void wrong(const std::string& what) {
        if (errors_++ == 0)
            first_error_ = what;
    }
    /// A kept-alive connection that was closed before it answered: an error, and counted by itself,
    /// since it is the one that a reload may cause.
    void lost() { ++lost_; }
    [[nodiscard]] std::uint64_t errors() const { return errors_; }
    [[nodiscard]] std::uint64_t count() const { return latency_.count(); }

    void clear() { *this = {}; }

    void print(double seconds) const {
        std::string quoted;
        for (const char one : first_error_) {
            if (one == '"' || one == '\\')
                quoted.push_back('\\');
            quoted.push_back(one < ' ' ? ' ' : one);
        }
        std::printf("{\"done\": %llu, \"seconds\": %.6f, \"errors\": %llu, \"lost\": %llu, "
                    "\"first_error\": \"%s\", \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}\n",
                    static_cast<unsigned long long>(latency_.count()), seconds,
                    static_cast<unsigned long long>(errors_),
                    static_cast<unsigned long long>(lost_), quoted.c_str(), latency_.quantile(0.5),
                    latency_.quantile(0.99), latency_.quantile(0.999));
    }

private:
    histogram latency_;
    std::uint64_t errors_ = 0;
    std::uint64_t lost_ = 0;
    std::string first_error_;
};

}  // namespace bench
