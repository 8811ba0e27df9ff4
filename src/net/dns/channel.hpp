// SPDX-License-Identifier: Apache-2.0
// One c-ares channel on Asio: its sockets are waited for on the context, its timeouts are a timer
// of it. EDNS, TCP after a truncated answer and repeated tries are c-ares' business; what an answer
// says is read by answer_reader.
#pragma once

#include "net/dns/search_list.hpp"
#include "sluice/net/resolver.hpp"

#include <ares.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace sluice::net::dns {

class channel {
public:
    /// Nobody: no answer in time, or nobody at the port.
    enum class speaker { server, nobody };
    struct said {
        dns_answer answer;
        speaker by = speaker::server;
    };
    using reply = std::function<void(said)>;

    /// Asks `server`, and reads no file. An error is its answer, and no reason to ask again.
    channel(boost::asio::io_context&, const address& server, std::chrono::milliseconds patience);
    /// Asks the servers of this resolv.conf; without one, 127.0.0.1.
    channel(boost::asio::io_context&, const std::string& resolv_conf,
            std::chrono::milliseconds patience);
    /// Drops what is under way; no reply comes any more.
    ~channel();
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    /// Asks for exactly this name. `done` may be called at once, and must not destroy the channel.
    void ask(const dns_question&, reply done);

    /// What resolv.conf says of short names.
    search_list search() const;

private:
    struct watched;
    struct pending;

    void open(const std::string& resolv_conf, std::chrono::milliseconds patience, int flags);
    void watch(int fd, bool read, bool write);
    void await_readable(const std::shared_ptr<watched>&);
    void await_writable(const std::shared_ptr<watched>&);
    void await_all();
    void process(int readable, int writable);
    void await_timeout();

    boost::asio::io_context& context_;
    std::map<int, std::shared_ptr<watched>> sockets_;
    boost::asio::steady_timer timeout_;
    std::shared_ptr<char> alive_ =
        std::make_shared<char>();  // handlers queued behind our end see it
    bool closing_ = false;
    // Last: its end closes sockets, which watch() hears of.
    std::unique_ptr<ares_channeldata, decltype(&ares_destroy)> ares_{nullptr, &ares_destroy};
};

}  // namespace sluice::net::dns
