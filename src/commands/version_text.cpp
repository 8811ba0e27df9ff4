// SPDX-License-Identifier: Apache-2.0
#include "commands/version_text.hpp"

#include <CLI/Version.hpp>
#include <ares.h>
#include <boost/version.hpp>
#include <fmt/format.h>
#include <nghttp2/nghttp2.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>

namespace sluice::commands {

namespace {

#if defined(__clang__)
constexpr std::string_view compiler = "clang " __clang_version__;
#else
constexpr std::string_view compiler = "gcc " __VERSION__;
#endif

}  // namespace

// yaml-cpp, RE2 and prometheus-cpp have no version in their headers; the build knows what it found.
std::string version_text() {
    return fmt::format("sluice {}\ncommit {}\ncompiler {}\n", SLUICE_VERSION, SLUICE_COMMIT,
                       compiler) +
           fmt::format("boost {}.{}.{}\n", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                       BOOST_VERSION % 100) +
           fmt::format("openssl {}\n", OpenSSL_version(OPENSSL_VERSION_STRING)) +
           fmt::format("c-ares {}\n", ares_version(nullptr)) +
           fmt::format("nghttp2 {}\n", nghttp2_version(0)->version_str) +
           fmt::format("yaml-cpp {}\nre2 {}\nprometheus-cpp {}\n", SLUICE_YAML_CPP_VERSION,
                       SLUICE_RE2_VERSION, SLUICE_PROMETHEUS_CPP_VERSION) +
           fmt::format("fmt {}.{}.{}\n", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                       FMT_VERSION % 100) +
           fmt::format("spdlog {}.{}.{}\n", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH) +
           fmt::format("cli11 {}\n", CLI11_VERSION);
}

}  // namespace sluice::commands
