// SPDX-License-Identifier: Apache-2.0
#include "net/socket_io.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::net {

namespace {

bool would_block(int code) noexcept { return code == EAGAIN || code == EWOULDBLOCK; }

// recv(2) and send(2) of the C library are cancellation points: two locked operations each, for a
// cancellation nobody here asks for. The kernel is asked without them, but where a sanitizer wants
// to see which bytes are read and written, and by which thread.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)

ssize_t receive(int fd, mutable_bytes room) noexcept {
    return ::recv(fd, room.data(), room.size(), 0);
}
ssize_t send_piece(int fd, const iovec& piece) noexcept {
    return ::send(fd, piece.iov_base, piece.iov_len, MSG_NOSIGNAL);
}
ssize_t send_pieces(int fd, const msghdr& message) noexcept {
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

#else

ssize_t receive(int fd, mutable_bytes room) noexcept {
    return ::syscall(SYS_recvfrom, fd, room.data(), room.size(), 0, nullptr, nullptr);
}
ssize_t send_piece(int fd, const iovec& piece) noexcept {
    return ::syscall(SYS_sendto, fd, piece.iov_base, piece.iov_len, MSG_NOSIGNAL, nullptr, 0);
}
ssize_t send_pieces(int fd, const msghdr& message) noexcept {
    return ::syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
}

#endif

}  // namespace

io_result receive_once(runtime::watched& socket, mutable_bytes room) noexcept {
    if (!socket.readable())
        return {io_state::blocked};
    ssize_t got = 0;
    do {
        got = receive(socket.fd(), room);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        if (!would_block(errno))
            return {io_state::broken};
        socket.set_unreadable();
        return {io_state::blocked};
    }
    // epoll(7): on a stream socket a short read means the buffer is empty. After a hang-up there is
    // no further event, so the flag must stay until the end itself was read.
    if (static_cast<std::size_t>(got) < room.size() && !socket.hung_up())
        socket.set_unreadable();
    return {io_state::done, static_cast<std::size_t>(got)};
}

io_result peek_once(runtime::watched& socket, mutable_bytes room) noexcept {
    ssize_t got = 0;
    do {
        got = ::recv(socket.fd(), room.data(), room.size(), MSG_PEEK);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return {would_block(errno) ? io_state::blocked : io_state::broken};
    return {io_state::done, static_cast<std::size_t>(got)};
}

io_result send_once(runtime::watched& socket, std::span<const byte_view> pieces) noexcept {
    if (!socket.writable())
        return {io_state::blocked};
    iovec parts[8];
    std::size_t total = 0;
    const auto count = std::min(pieces.size(), std::size(parts));
    for (std::size_t i = 0; i < count; ++i) {
        parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
        total += pieces[i].size();
    }
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    ssize_t put = 0;
    do {
        put = count == 1 ? send_piece(socket.fd(), parts[0]) : send_pieces(socket.fd(), message);
    } while (put < 0 && errno == EINTR);
    if (put < 0) {
        if (!would_block(errno))
            return {io_state::broken};
        socket.set_unwritable();
        return {io_state::blocked};
    }
    if (static_cast<std::size_t>(put) < total)
        socket.set_unwritable();
    return {io_state::done, static_cast<std::size_t>(put)};
}

}  // namespace sluice::net
