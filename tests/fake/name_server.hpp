// SPDX-License-Identifier: Apache-2.0
// A name server on a port of the kernel's choice, over UDP and TCP, on the test's own context: what
// it says is the test's business.
#pragma once

#include "fake/dns_message.hpp"
#include "sluice/net/address.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fake {

class name_server {
public:
    struct query {
        std::string name;
        int type;
        std::uint16_t id;
        bool over_tcp;
        /// An answer to this query, still without records.
        dns_message answer(unsigned rcode = ns_r_noerror, unsigned flags = 0) const {
            return dns_message(name, type, rcode, flags, id);
        }
    };
    /// Nothing in it: no answer is sent.
    using bytes = std::vector<std::uint8_t>;
    using script = std::function<bytes(const query&)>;

    name_server(boost::asio::io_context& context, script says, std::uint16_t port = 0)
        : says_(std::move(says)), udp_(context), tcp_(context) {
        // the port the kernel chooses for one protocol may be taken in the other
        while (!bind(port))
            ;
        receive();
        accept();
    }

    sluice::net::address address() const {
        return *sluice::net::address::parse("127.0.0.1:" +
                                            std::to_string(udp_.local_endpoint().port()));
    }
    int asked = 0;           ///< queries that came
    int asked_over_tcp = 0;  ///< of them

private:
    using tcp_socket = boost::asio::ip::tcp::socket;
    struct link {
        explicit link(tcp_socket from) : socket(std::move(from)) {}
        tcp_socket socket;
        bytes in, out;
    };

    static boost::asio::ip::address_v4 loopback() {
        return boost::asio::ip::address_v4::loopback();
    }

    bool bind(std::uint16_t port) {
        udp_ = {udp_.get_executor(), {loopback(), port}};
        const boost::asio::ip::tcp::endpoint same{loopback(), udp_.local_endpoint().port()};
        boost::system::error_code taken;
        tcp_ = boost::asio::ip::tcp::acceptor(tcp_.get_executor(), same.protocol());
        tcp_.set_option(boost::asio::socket_base::reuse_address(true));
        tcp_.bind(same, taken);
        if (!taken)
            tcp_.listen(boost::asio::socket_base::max_listen_connections, taken);
        return !taken;
    }

    bytes reply_to(const std::uint8_t* raw, std::size_t size, bool over_tcp) {
        ns_msg message;
        ns_rr question;
        if (ns_initparse(raw, static_cast<int>(size), &message) < 0 ||
            ns_parserr(&message, ns_s_qd, 0, &question) < 0)
            return {};
        ++asked;
        asked_over_tcp += over_tcp ? 1 : 0;
        return says_({ns_rr_name(question), static_cast<int>(ns_rr_type(question)),
                      static_cast<std::uint16_t>(ns_msg_id(message)), over_tcp});
    }

    void receive() {
        udp_.async_receive_from(boost::asio::buffer(room_), from_, [this](auto failed, auto size) {
            if (failed == boost::asio::error::operation_aborted)
                return;
            const auto answer = failed ? bytes() : reply_to(room_.data(), size, false);
            boost::system::error_code ignored;
            if (!answer.empty())
                udp_.send_to(boost::asio::buffer(answer), from_, 0, ignored);
            receive();
        });
    }

    void accept() {
        tcp_.async_accept([this](auto failed, tcp_socket from) {
            if (failed)
                return;
            serve(std::make_shared<link>(std::move(from)));
            accept();
        });
    }

    void serve(const std::shared_ptr<link>& with) {
        with->in.resize(2);
        boost::asio::async_read(
            with->socket, boost::asio::buffer(with->in), [this, with](auto failed, auto) {
                if (failed)
                    return;
                with->in.resize(static_cast<std::size_t>(with->in[0] << 8 | with->in[1]));
                boost::asio::async_read(with->socket, boost::asio::buffer(with->in),
                                        [this, with](auto broken, auto) {
                                            if (!broken)
                                                answer(with);
                                        });
            });
    }

    void answer(const std::shared_ptr<link>& with) {
        with->out = reply_to(with->in.data(), with->in.size(), true);
        if (with->out.empty())
            return;
        const auto size = with->out.size();
        with->out.insert(with->out.begin(),
                         {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
        boost::asio::async_write(with->socket, boost::asio::buffer(with->out),
                                 [this, with](auto failed, auto) {
                                     if (!failed)
                                         serve(with);
                                 });
    }

    script says_;
    boost::asio::ip::udp::socket udp_;
    boost::asio::ip::tcp::acceptor tcp_;
    boost::asio::ip::udp::endpoint from_;
    std::array<std::uint8_t, 4096> room_{};
};

}  // namespace fake
