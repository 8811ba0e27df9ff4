// SPDX-License-Identifier: Apache-2.0
// A node that does exactly what a script says, good or bad, and remembers every byte it was sent.
// Threads and blocking sockets: nothing here is shared with the gateway's own I/O.
#pragma once

#include "message.hpp"
#include "raw_socket.hpp"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace sluice::conformance {

/// One step on one connection.
struct act {
    enum class kind {
        read_head,     ///< up to the empty line of a request
        read_request,  ///< a whole request
        read_bytes,    ///< that many bytes
        send,
        close,
        reset,
        await_end,     ///< reads until the gateway ends the connection
        await_signal,  ///< until the test calls signal()
        tell,          ///< lets the test's await_told() return
        echo,          ///< sends back what arrives until the gateway's end, then ends too
        shut_write,    ///< its own end; reading may go on
    };
    kind what;
    std::string bytes = {};
    std::size_t count = 0;
};

/// The steps of one connection, begun anew at the end as long as the gateway keeps it open.
using connection_script = std::vector<act>;

namespace acts {
inline const act read_head{act::kind::read_head};
inline const act read_request{act::kind::read_request};
inline const act close{act::kind::close};
inline const act reset{act::kind::reset};
inline const act await_end{act::kind::await_end};
inline const act await_signal{act::kind::await_signal};
inline const act tell{act::kind::tell};
inline const act echo{act::kind::echo};
inline const act shut_write{act::kind::shut_write};
inline act send(std::string bytes) { return {act::kind::send, std::move(bytes)}; }
inline act read_bytes(std::size_t count) { return {act::kind::read_bytes, {}, count}; }
}  // namespace acts

/// 200 with the body "ok" to every request.
connection_script always_ok();
/// `bytes` to every request.
connection_script always(std::string bytes);

/// A whole request as it arrived.
struct seen_request : message {
    std::size_t connection = 0;  ///< counted from 0
};

class scripted_node {
public:
    /// Connection n follows the n-th script; the last one holds for all later ones.
    explicit scripted_node(std::vector<connection_script> scripts = {always_ok()});
    ~scripted_node();
    scripted_node(const scripted_node&) = delete;
    scripted_node& operator=(const scripted_node&) = delete;

    std::string address() const;

    void signal() { signals_.release(); }
    /// False when it took too long.
    bool await_told();

    /// Whole requests so far, in the order they became whole.
    std::vector<seen_request> requests() const;
    /// Waits for that many (or too long).
    std::vector<seen_request> await_requests(std::size_t count) const;
    std::size_t connections() const;
    /// Waits until that many of its connections ended.
    bool await_ended(std::size_t count) const;
    /// Every byte one connection received.
    std::string received_on(std::size_t index) const;
    void forget_requests();

private:
    struct connection;
    void accept_all();
    void serve(connection&);
    bool perform(connection&, const act&);
    bool read(connection&, bool whole);
    bool fill(connection&);
    bool echo(connection&);

    const std::vector<connection_script> scripts_;
    raw_socket listening_;
    mutable std::mutex lock_;
    mutable std::condition_variable changed_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<seen_request> requests_;
    std::size_t ended_ = 0;
    std::counting_semaphore<> signals_{0};
    std::counting_semaphore<> told_{0};
    bool stopping_ = false;
    std::thread accepting_;
};

}  // namespace sluice::conformance
