// SPDX-License-Identifier: Apache-2.0
#include "net/dns/channel.hpp"

#include "net/dns/answer_reader.hpp"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace sluice::net::dns {

using boost::asio::posix::stream_descriptor;

// A socket of c-ares' and which waits on it are under way.
struct channel::watched {
    watched(boost::asio::io_context& context, int fd) : socket(context, fd), number(fd) {}
    ~watched() { socket.release(); }  // c-ares closes it

    stream_descriptor socket;
    int number;
    bool wants_read = false, wants_write = false;
    bool reading = false, writing = false;
};

struct channel::pending {
    channel* owner;
    record_kind kind;
    reply done;
};

namespace {

// What fragments nowhere (DNS flag day 2020); a larger answer comes over TCP.
constexpr int udp_payload = 1232;
constexpr int tries_per_server = 2;

std::string_view words_for(int status) noexcept {
    switch (status) {
    case ARES_ETIMEOUT:
        return "timeout";
    case ARES_ECONNREFUSED:
        return "no name server answers";
    case ARES_ESERVFAIL:
        return "SERVFAIL";
    case ARES_EREFUSED:
        return "REFUSED";
    case ARES_EBADNAME:
        return "not a name";
    default:
        return "an error of the name server";
    }
}

ares_addr_port_node to_ares(const address& from) {
    ares_addr_port_node to{};
    sockaddr_storage room{};
    from.to_sockaddr(room);
    to.family = room.ss_family;
    to.udp_port = to.tcp_port = from.port();
    if (from.is_v6())
        std::memcpy(&to.addr, &reinterpret_cast<sockaddr_in6&>(room).sin6_addr, sizeof(in6_addr));
    else
        std::memcpy(&to.addr, &reinterpret_cast<sockaddr_in&>(room).sin_addr, sizeof(in_addr));
    return to;
}

void require(int status) {
    if (status != ARES_SUCCESS)
        throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
}

}  // namespace

channel::channel(boost::asio::io_context& context, const address& server,
                 std::chrono::milliseconds patience)
    : context_(context), timeout_(context) {
    // Left to itself, c-ares ends SERVFAIL and REFUSED as if nobody had been at the port.
    open("/dev/null", patience, ARES_FLAG_NOCHECKRESP);
    auto only = to_ares(server);
    require(ares_set_servers_ports(ares_.get(), &only));
}

channel::channel(boost::asio::io_context& context, const std::string& resolv_conf,
                 std::chrono::milliseconds patience)
    : context_(context), timeout_(context) {
    open(resolv_conf, patience, 0);  // after an error c-ares asks the next of its servers
}

void channel::open(const std::string& resolv_conf, std::chrono::milliseconds patience, int flags) {
    static const int library = ares_library_init(ARES_LIB_INIT_ALL);
    require(library);
    auto path = resolv_conf;
    char lookups[] = "b";  // name servers only; the hosts file is hosts_file's
    ares_options options{};
    options.flags = ARES_FLAG_EDNS | ARES_FLAG_NOALIASES | flags;
    options.ednspsz = udp_payload;
    options.timeout = static_cast<int>(patience.count());
    options.tries = tries_per_server;
    options.lookups = lookups;
    options.resolvconf_path = path.data();
    options.sock_state_cb = [](void* self, ares_socket_t fd, int read, int write) {
        static_cast<channel*>(self)->watch(fd, read != 0, write != 0);
    };
    options.sock_state_cb_data = this;
    constexpr int given = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                          ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;
    ares_channel opened = nullptr;
    require(ares_init_options(&opened, &options, given));
    ares_.reset(opened);
}

channel::~channel() { closing_ = true; }

search_list channel::search() const {
    search_list list;
    ares_options options{};
    int mask = 0;
    if (ares_save_options(ares_.get(), &options, &mask) != ARES_SUCCESS)
        return list;
    list.ndots = static_cast<unsigned>(std::max(0, options.ndots));
    for (int i = 0; i < options.ndomains; ++i)
        list.domains.emplace_back(options.domains[i]);
    ares_destroy_options(&options);
    return list;
}

void channel::ask(const dns_question& what, reply done) {
    auto waiting = std::make_unique<pending>(pending{this, what.kind, std::move(done)});
    const auto answered = [](void* from, int status, int, unsigned char* bytes, int size) {
        const std::unique_ptr<pending> one(static_cast<pending*>(from));
        if (one->owner->closing_)
            return;
        said heard;
        if (bytes != nullptr && size > 0)
            heard.answer = read_answer({bytes, static_cast<std::size_t>(size)}, one->kind);
        else
            heard.answer.why = words_for(status);
        if (status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED)
            heard.by = speaker::nobody;
        one->done(std::move(heard));
    };
    ares_query(ares_.get(), what.name.c_str(), ns_c_in, type_of(what.kind), answered,
               waiting.release());
    await_all();
}

// What c-ares wants of one of its sockets from now on; nothing: it is about to close it.
void channel::watch(int fd, bool read, bool write) {
    const auto known = sockets_.find(fd);
    if (!read && !write) {
        if (known != sockets_.end()) {
            known->second->socket.release();
            known->second->wants_read = known->second->wants_write = false;
            sockets_.erase(known);
        }
        return;
    }
    auto& one = known != sockets_.end() ? known->second : sockets_[fd];
    if (!one)
        one = std::make_shared<watched>(context_, fd);
    one->wants_read = read;
    one->wants_write = write;
}

void channel::await_all() {
    for (const auto& [fd, one] : sockets_) {
        if (one->wants_read && !one->reading)
            await_readable(one);
        if (one->wants_write && !one->writing)
            await_writable(one);
    }
    await_timeout();
}

void channel::await_readable(const std::shared_ptr<watched>& one) {
    one->reading = true;
    one->socket.async_wait(
        stream_descriptor::wait_read,
        [this, alive = std::weak_ptr(alive_), seen = std::weak_ptr(one)](const auto& failed) {
            const auto still = seen.lock();
            if (alive.expired() || !still || failed)
                return;
            still->reading = false;
            if (still->wants_read)
                process(still->number, ARES_SOCKET_BAD);
        });
}

void channel::await_writable(const std::shared_ptr<watched>& one) {
    one->writing = true;
    one->socket.async_wait(
        stream_descriptor::wait_write,
        [this, alive = std::weak_ptr(alive_), seen = std::weak_ptr(one)](const auto& failed) {
            const auto still = seen.lock();
            if (alive.expired() || !still || failed)
                return;
            still->writing = false;
            if (still->wants_write)
                process(ARES_SOCKET_BAD, still->number);
        });
}

void channel::process(int readable, int writable) {
    ares_process_fd(ares_.get(), readable, writable);
    await_all();
}

void channel::await_timeout() {
    timeval room{};
    const auto* const next = ares_timeout(ares_.get(), nullptr, &room);
    if (next == nullptr) {
        timeout_.cancel();
        return;
    }
    timeout_.expires_after(std::chrono::seconds{next->tv_sec} +
                           std::chrono::microseconds{next->tv_usec});
    timeout_.async_wait([this, alive = std::weak_ptr(alive_)](const auto& failed) {
        if (!failed && !alive.expired())
            process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
}

}  // namespace sluice::net::dns
