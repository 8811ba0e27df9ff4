// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/stream.hpp"

#include "net/socket_io.hpp"
#include "sluice/net/tls_session.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

namespace sluice::net {

stream::stream(runtime::worker& owner, int fd) : socket_(owner, fd) {}

stream::~stream() = default;

bool stream::secure(std::unique_ptr<tls_session> session) noexcept {
    tls_ = std::move(session);
    return tls_->attach(socket_);
}

io_state stream::handshake() noexcept { return tls_->handshake(); }

runtime::readiness stream::handshake_step(time_point deadline) noexcept {
    return socket_.until(tls_->wants(), deadline);
}

io_result stream::read(mutable_bytes room) noexcept {
    return tls_ ? tls_->read(room) : receive_once(socket_, room);
}

io_result stream::write(std::span<const byte_view> pieces) noexcept {
    return tls_ ? tls_->write(pieces) : send_once(socket_, pieces);
}

bool stream::delivered() const noexcept { return unacknowledged() == 0; }

std::size_t stream::unacknowledged() const noexcept {
    int bytes = 0;
    const bool known = ::ioctl(socket_.fd(), SIOCOUTQ, &bytes) == 0 && bytes > 0;
    return known ? static_cast<std::size_t>(bytes) : 0;
}

// TCP goes on to take what comes after both directions were shut, until its buffer is full, and the
// other side waits for ever: to be disconnected is a reset (connect(2), AF_UNSPEC).
void stream::abandon() noexcept {
    ::shutdown(socket_.fd(), SHUT_RDWR);
    sockaddr nowhere{};
    nowhere.sa_family = AF_UNSPEC;
    ::connect(socket_.fd(), &nowhere, sizeof nowhere);
}

io_state stream::shut_write() noexcept {
    const auto said = tls_ ? tls_->shut_write() : io_state::done;
    if (said != io_state::blocked)
        ::shutdown(socket_.fd(), SHUT_WR);
    return said;
}

void stream::reset_on_close() noexcept {
    if (tls_)
        tls_->abandon();
    const linger at_once{1, 0};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool stream::stale() noexcept {
    return tls_ ? tls_->stale() : socket_.readable() || socket_.hung_up();
}

}  // namespace sluice::net
