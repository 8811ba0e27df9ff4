// SPDX-License-Identifier: Apache-2.0
// Binding a listener once per worker so that the kernel spreads connections, without letting a
// second process in; and sharing a socket somebody else bound.
#include "net/acceptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace sluice::net {

namespace {

constexpr int backlog = 4096;

void set_option(int fd, int option) {
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, option, &on, sizeof on);
}

// The inode of the listening TCP socket on that port, from /proc/net/tcp{,6}; 0 when none is seen.
unsigned long listening_inode(std::uint16_t port) {
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream lines(table);
        std::string line;
        std::getline(lines, line);
        while (std::getline(lines, line)) {
            char local[64];
            unsigned state = 0;
            unsigned long inode = 0;
            if (std::sscanf(line.c_str(), " %*s %63s %*s %x %*s %*s %*s %*s %*s %lu", local, &state,
                            &inode) != 3)
                continue;
            const char* colon = std::strrchr(local, ':');
            constexpr unsigned tcp_listen = 0x0a;
            if (colon != nullptr && state == tcp_listen &&
                std::strtoul(colon + 1, nullptr, 16) == port)
                return inode;
        }
    }
    return 0;
}

bool holds_inode(const std::string& process, unsigned long inode) {
    const std::string folder = "/proc/" + process + "/fd";
    DIR* entries = ::opendir(folder.c_str());
    if (entries == nullptr)
        return false;
    const std::string wanted = fmt::format("socket:[{}]", inode);
    bool found = false;
    while (const dirent* entry = ::readdir(entries)) {
        char target[64];
        const auto size = ::readlink((folder + "/" + entry->d_name).c_str(), target, sizeof target);
        if (size > 0 && wanted == std::string_view(target, static_cast<std::size_t>(size))) {
            found = true;
            break;
        }
    }
    ::closedir(entries);
    return found;
}

// ", held by nginx (pid 123)" when /proc lets us see it.
std::string holder_of(const address& where) {
    if (where.is_unix())
        return {};
    const auto inode = listening_inode(where.port());
    DIR* processes = inode == 0 ? nullptr : ::opendir("/proc");
    if (processes == nullptr)
        return {};
    std::string found;
    while (const dirent* entry = ::readdir(processes)) {
        const std::string process = entry->d_name;
        if (process.find_first_not_of("0123456789") != std::string::npos ||
            !holds_inode(process, inode))
            continue;
        std::string name;
        std::ifstream("/proc/" + process + "/comm") >> name;
        found = fmt::format(", held by {} (pid {})", name, process);
        break;
    }
    ::closedir(processes);
    return found;
}

[[noreturn]] void fail(const address& where, const char* step, int code) {
    const auto holder = code == EADDRINUSE ? holder_of(where) : std::string{};
    throw std::system_error(code, std::generic_category(),
                            fmt::format("cannot {} {}{}", step, where.to_string(), holder));
}

owned_fd open_socket(const address& where) {
    const int family = where.is_unix() ? AF_UNIX : where.is_v6() ? AF_INET6 : AF_INET;
    owned_fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0)
        fail(where, "open a socket for", errno);
    if (where.is_v6()) {
        const int on = 1;  // [::]:80 and 0.0.0.0:80 may both be listeners
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    return fd;
}

void bind_to(const owned_fd& fd, const address& where) {
    sockaddr_storage raw{};
    const auto size = where.to_sockaddr(raw);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&raw), size) != 0)
        fail(where, "bind", errno);
}

void start_listening(const owned_fd& fd, const address& where) {
    if (::listen(fd.get(), backlog) != 0)
        fail(where, "listen on", errno);
}

address bound_address(int fd) {
    sockaddr_storage raw{};
    socklen_t size = sizeof raw;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size);
    return address::from(raw);
}

// A socket file that nobody answers on is left over from a crash; one that answers is somebody's,
// and so is one whose queue is full (EAGAIN, which a connect that blocks would wait for).
void remove_stale_socket(const address& where) {
    struct stat what{};
    if (::lstat(where.path().c_str(), &what) != 0 || !S_ISSOCK(what.st_mode))
        return;
    const owned_fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage raw{};
    const auto size = where.to_sockaddr(raw);
    if (::connect(probe.get(), reinterpret_cast<sockaddr*>(&raw), size) != 0 &&
        errno == ECONNREFUSED)
        ::unlink(where.path().c_str());
}

// The file was made a moment ago by us; when it cannot be held it goes at once.
socket_file hold_file(const address& where) try {
    return socket_file(where.path());
} catch (const std::system_error&) {
    ::unlink(where.path().c_str());
    throw;
}

void add_duplicates(bound_listener& to, int fd, unsigned workers) {
    while (to.descriptors.size() < workers) {
        owned_fd next(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
        if (next.get() < 0)
            fail(to.bound, "duplicate the socket of", errno);
        to.descriptors.push_back(std::move(next));
    }
}

bound_listener bind_unix(const address& where, unsigned workers) {
    remove_stale_socket(where);
    auto first = open_socket(where);
    bind_to(first, where);
    bound_listener all{{}, where, hold_file(where)};
    start_listening(first, where);
    all.descriptors.push_back(std::move(first));
    add_duplicates(all, all.descriptors.front().get(), workers);
    return all;
}

int option_of(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool is_stream_listener(int fd) {
    const auto family = option_of(fd, SO_DOMAIN);
    return (family == AF_INET || family == AF_INET6 || family == AF_UNIX) &&
           option_of(fd, SO_TYPE) == SOCK_STREAM && option_of(fd, SO_ACCEPTCONN) == 1;
}

}  // namespace

bound_listener share_listener(int fd, unsigned workers) {
    if (!is_stream_listener(fd))
        throw std::runtime_error("it is no listening stream socket (ListenStream=, Accept=no)");
    bound_listener all{{}, bound_address(fd)};
    // Of the socket, not of a descriptor: its owner's is non-blocking from now on, too.
    if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
        fail(all.bound, "use the socket of", errno);
    add_duplicates(all, fd, workers);
    return all;
}

bound_listener bind_listener(const address& where, unsigned workers) {
    if (where.is_unix())
        return bind_unix(where, workers);
    // Bound first without SO_REUSEPORT: a port held by another process refuses here, even if that
    // one shares it.
    auto first = open_socket(where);
    set_option(first.get(), SO_REUSEADDR);
    bind_to(first, where);
    set_option(first.get(), SO_REUSEPORT);
    bound_listener all{{}, bound_address(first.get())};
    all.descriptors.push_back(std::move(first));
    while (all.descriptors.size() < workers) {
        auto next = open_socket(all.bound);
        set_option(next.get(), SO_REUSEADDR);
        set_option(next.get(), SO_REUSEPORT);
        bind_to(next, all.bound);
        all.descriptors.push_back(std::move(next));
    }
    for (const auto& fd : all.descriptors)
        start_listening(fd, all.bound);
    return all;
}

}  // namespace sluice::net
