// SPDX-License-Identifier: Apache-2.0
// What a TLS connection goes through before its first request. Until its first byte it costs no TLS
// state, and from accept on it has one absolute deadline, however slowly its bytes come.
#include "http/connection.hpp"
#include "net/listener_tls.hpp"
#include "net/socket_io.hpp"
#include "sluice/net/tls_session.hpp"
#include "sluice/runtime/worker.hpp"
#include "sluice/telemetry/log.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace sluice::http {

using runtime::direction;
using runtime::wake;

namespace {

// Closing with unread bytes resets the connection and destroys the alert that says why. A client
// that sent its request right behind its last handshake message has such bytes on the way.
constexpr std::chrono::seconds end_linger{2};
constexpr std::size_t end_linger_bytes = 64 * 1024;

// What a connection begins with, looked at before TLS state is made for it: whoever leaves without a
// word is a port probe or a health check, and a letter is the method of a plain request.
enum class first_word { not_yet, never, record, other };

first_word peek_first_word(int fd) noexcept {
    constexpr char handshake_record = 0x16;  // RFC 8446 section 5.1
    char one = 0;
    const auto got = ::recv(fd, &one, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return first_word::not_yet;
    if (got != 1)
        return first_word::never;
    return one == handshake_record ? first_word::record : first_word::other;
}

}  // namespace

runtime::task<> connection::shake_hands() {
    auto state = io_state::blocked;
    while (state == io_state::blocked) {
        waiting_ = true;  // a drain looks at its deadline anew
        const auto why = co_await handshake_wait();
        waiting_ = false;
        if (!broken_) {
            socket_.resume_waits(direction::in);
            socket_.resume_waits(direction::out);
        }
        if (why == wake::expired) {
            broken_ = true;
            count(settings_->handshakes.timed_out);
        }
        if (broken_)
            co_return;
        state = handshake_step();
    }
    handshake_ended(state);
    if (broken_ && !socket_.socket().hung_up())
        co_await let_end_arrive();
}

runtime::readiness connection::handshake_wait() noexcept {
    const auto deadline = opening_deadline(settings_->deadlines.tls_handshake);
    return socket_.tls() == nullptr ? socket_.readable(deadline) : socket_.handshake_step(deadline);
}

io_state connection::handshake_step() {
    if (socket_.tls() == nullptr) {
        switch (peek_first_word(socket_.socket().fd())) {
        case first_word::not_yet:
            socket_.socket().set_unreadable();
            return io_state::blocked;
        case first_word::never:
            return io_state::broken;
        case first_word::other:
            handshake_failed("not TLS, perhaps plain HTTP");
            return io_state::broken;
        case first_word::record:
            break;
        }
        auto session = settings_->tls->accept();
        if (!session || !socket_.secure(std::move(session)))
            return io_state::broken;
    }
    return socket_.handshake();
}

void connection::handshake_ended(io_state how) {
    const auto* const tls = socket_.tls();
    broken_ = how == io_state::broken;
    if (broken_) {
        if (tls != nullptr)
            handshake_failed(tls->failure());
        return;
    }
    net::client_standing standing;
    if (!settings_->tls->read_standing(*tls, standing)) {
        broken_ = true;
        return handshake_failed("the client's subject cannot be passed on");
    }
    count(tls->facts().resumed ? settings_->handshakes.resumed : settings_->handshakes.full);
    subject_ = std::move(standing.subject);
    facts_.tls = true;
    facts_.subject = subject_;
    facts_.certificates = settings_->tls.get();
    facts_.terms = standing.terms;
    opened_ = worker_.now();  // client_head is about HTTP: it begins where HTTP may
}

void connection::handshake_failed(std::string_view why) noexcept {
    count(settings_->handshakes.failed);
    telemetry::log_debug("TLS handshake of {} at {} failed: {}", facts_.address,
                         settings_->listener.name, why);
}

void connection::count(const std::shared_ptr<telemetry::counter>& one) noexcept {
    if (one)
        one->add(worker_.index());
}

runtime::task<> connection::let_end_arrive() {
    socket_.shut_write();
    const auto give_up = worker_.now() + end_linger;
    auto most = end_linger_bytes;
    while (drop_ciphertext(most)) {
        const auto why = co_await socket_.readable(give_up);
        if (why != wake::ready)
            co_return;
    }
}

// Reads and forgets. True while more may come.
bool connection::drop_ciphertext(std::size_t& most) noexcept {
    std::array<char, 4096> room;
    for (;;) {
        const auto got = net::receive_once(socket_.socket(), {room.data(), room.size()});
        if (got.state == io_state::blocked)
            return true;
        if (got.state == io_state::broken || got.bytes == 0 || got.bytes > most)
            return false;
        most -= got.bytes;
    }
}

}  // namespace sluice::http
