// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/stream.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace sluice::net {

namespace {

bool would_block(int code) noexcept { return code == EAGAIN || code == EWOULDBLOCK; }

}  // namespace

io_result stream::read(mutable_bytes room) noexcept {
    if (!socket_.readable())
        return {io_state::blocked};
    ssize_t got = 0;
    do {
        got = ::recv(socket_.fd(), room.data(), room.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        if (!would_block(errno))
            return {io_state::broken};
        socket_.set_unreadable();
        return {io_state::blocked};
    }
    // epoll(7): on a stream socket a short read means the buffer is empty. After a hang-up there is
    // no further event, so the flag must stay until the end itself was read.
    if (static_cast<std::size_t>(got) < room.size() && !socket_.hung_up())
        socket_.set_unreadable();
    return {io_state::done, static_cast<std::size_t>(got)};
}

io_result stream::write(std::span<const byte_view> pieces) noexcept {
    if (!socket_.writable())
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
        put = count == 1 ? ::send(socket_.fd(), parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                         : ::sendmsg(socket_.fd(), &message, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    if (put < 0) {
        if (!would_block(errno))
            return {io_state::broken};
        socket_.set_unwritable();
        return {io_state::blocked};
    }
    if (static_cast<std::size_t>(put) < total)
        socket_.set_unwritable();
    return {io_state::done, static_cast<std::size_t>(put)};
}

bool stream::delivered() const noexcept {
    int unacknowledged = 0;
    return ::ioctl(socket_.fd(), SIOCOUTQ, &unacknowledged) != 0 || unacknowledged == 0;
}

void stream::shut_write() noexcept { ::shutdown(socket_.fd(), SHUT_WR); }

void stream::reset_on_close() noexcept {
    const linger at_once{1, 0};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace sluice::net
