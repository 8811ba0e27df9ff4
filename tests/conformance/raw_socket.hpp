// SPDX-License-Identifier: Apache-2.0
// A blocking TCP socket on 127.0.0.1 that says plainly what happened to it. Every receive has a
// time limit: a test fails instead of hanging.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::conformance {

/// What a receive met.
enum class received { bytes, end, reset, nothing };

class raw_socket {
public:
    raw_socket() = default;
    explicit raw_socket(int fd) noexcept : fd_(fd) {}
    raw_socket(raw_socket&& from) noexcept;
    raw_socket& operator=(raw_socket&& from) noexcept;
    ~raw_socket() { close(); }

    /// Connects; packets leave as they are written.
    static raw_socket connect(std::uint16_t port);
    /// Binds a port of the kernel's choice. Until listen() every connect is refused.
    static raw_socket bind();
    void listen();

    int fd() const noexcept { return fd_; }
    std::uint16_t port() const;

    /// False when the other side does not take it.
    bool send(std::string_view) noexcept;
    /// Appends what arrives.
    received receive(std::string& into,
                     std::chrono::milliseconds limit = std::chrono::seconds(10)) noexcept;

    void shut_write() noexcept;
    void close() noexcept;
    /// Closes with a reset.
    void reset() noexcept;

private:
    int fd_ = -1;
};

}  // namespace sluice::conformance
