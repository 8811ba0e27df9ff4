// SPDX-License-Identifier: Apache-2.0
// Listening sockets: binding them for all workers, and one worker's accept loop. Used by app.
#pragma once

#include "net/owned_fd.hpp"
#include "net/socket_file.hpp"
#include "sluice/net/address.hpp"
#include "sluice/runtime/poll_set.hpp"
#include "sluice/runtime/task.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::net {

/// One listener's descriptors, one per worker; those of a Unix socket and of a shared one are
/// duplicates of one.
/// What no acceptor took over is closed, and a Unix socket's file removed, with it.
struct bound_listener {
    std::vector<owned_fd> descriptors;
    address bound;  ///< with the port the kernel chose, for port 0
    socket_file file{};
};

/// Binds `where` for `workers` loops. A second process on the same port fails, although workers
/// share it by SO_REUSEPORT. Throws std::system_error that names the address and, where /proc
/// tells, who holds it.
bound_listener bind_listener(const address& where, unsigned workers);

/// Workers accept from the one queue of `fd`, which somebody else bound and listens on, and which
/// stays the caller's. Throws std::runtime_error when it is no listening stream socket,
/// std::system_error when no descriptor is left.
bound_listener share_listener(int fd, unsigned workers);

/// Counts client connections of the process against limits.connections.
class connection_gate {
public:
    explicit connection_gate(std::size_t limit) noexcept : limit_(limit) {}
    bool enter() noexcept {
        if (open_.fetch_add(1, std::memory_order_relaxed) < limit_.load(std::memory_order_relaxed))
            return true;
        open_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    void leave() noexcept { open_.fetch_sub(1, std::memory_order_relaxed); }
    std::size_t open() const noexcept { return open_.load(std::memory_order_relaxed); }
    /// Another limit for those who come; who is in stays.
    void set_limit(std::size_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }

private:
    std::atomic<std::size_t> limit_;
    std::atomic<std::size_t> open_{0};
};

/// What becomes of connections that wait in the accept queue: they are taken first, or left to
/// whoever else holds the socket.
enum class waiting_clients : std::uint8_t { taken, left };

/// Accepts on one worker until told to stop. Thread: that worker's.
class acceptor {
public:
    /// Gets each accepted, non-blocking descriptor and the client's address.
    using on_connection = std::function<void(int fd, const address& client)>;
    /// Asked when the process runs out of descriptors: closes idle connections, says how many.
    using on_shortage = std::function<std::size_t()>;

    /// Descriptors numbered from `threshold` on are the reserve: reaching it counts as a shortage.
    static constexpr std::size_t no_threshold = static_cast<std::size_t>(-1);

    acceptor(runtime::worker&, int fd, const address& bound, connection_gate&,
             std::size_t threshold, on_connection, on_shortage);
    ~acceptor();

    /// The accept loop; ends after stop(), with the descriptor closed. The acceptor must live until
    /// then.
    runtime::task<> run();

    /// Takes what waits in the accept queue, unless it is left, then closes the descriptor: in this
    /// turn, or as soon as connections and descriptors allow. Returns at once.
    void stop(waiting_clients = waiting_clients::taken);
    bool closed() const noexcept { return !socket_; }

private:
    enum class taken { one, queue_empty, full, no_descriptor };
    bool in_reserve() noexcept;
    taken accept_one();

    runtime::worker& worker_;
    std::optional<runtime::watched> socket_;
    bool is_unix_;
    connection_gate& gate_;
    on_connection on_connection_;
    on_shortage on_shortage_;
    std::size_t threshold_;
    bool near_reserve_ = false;  // the last descriptor was one of the reserve
    bool stopping_ = false;
    bool leaving_ = false;  // no further connection
};

}  // namespace sluice::net
