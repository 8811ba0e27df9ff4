// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/tls_session.hpp"

#include "net/socket_bio.hpp"
#include "net/tls_words.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace sluice::net {

using runtime::direction;

namespace {

constexpr std::size_t record_size = SSL3_RT_MAX_PLAIN_LENGTH;

// Hands out the pieces a record at a time: bytes that lie together as they are, the end of one
// piece and the begin of the next joined, because a head and its body in two records cost two
// calls.
class record_cutter {
public:
    explicit record_cutter(std::span<const byte_view> pieces) noexcept : pieces_(pieces) {}

    /// The next record; empty at the end. What was not taken comes again.
    byte_view next() noexcept {
        skip_empty();
        if (pieces_.empty())
            return {};
        const auto front = pieces_.front().substr(offset_);
        if (front.size() >= record_size || pieces_.size() == 1)
            return front.substr(0, record_size);
        return join();
    }
    void take(std::size_t size) noexcept {
        while (size != 0) {
            const auto part = std::min(size, pieces_.front().size() - offset_);
            offset_ += part;
            size -= part;
            skip_empty();
        }
    }

private:
    void skip_empty() noexcept {
        while (!pieces_.empty() && offset_ == pieces_.front().size()) {
            pieces_ = pieces_.subspan(1);
            offset_ = 0;
        }
    }
    byte_view join() noexcept {
        // OpenSSL encrypts it before write() returns, so one for all sessions of the thread is
        // enough.
        thread_local std::array<char, record_size> joined;
        std::size_t size = 0;
        auto from = offset_;
        for (const auto& piece : pieces_) {
            const auto part = piece.substr(from, joined.size() - size);
            from = 0;
            if (part.empty())
                continue;  // may point nowhere
            std::memcpy(joined.data() + size, part.data(), part.size());
            size += part.size();
        }
        return {joined.data(), size};
    }

    std::span<const byte_view> pieces_;
    std::size_t offset_ = 0;  // in the first piece
};

}  // namespace

tls_session::~tls_session() {
    if (socket_ != nullptr && !shut_ && !abandoned_)
        shut_write();
    // Without this OpenSSL would take the session for broken and never resume it.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
}

bool tls_session::attach(runtime::watched& socket) noexcept {
    BIO* const bio = make_socket_bio(socket);
    if (bio == nullptr)
        return false;
    SSL_set_bio(ssl_, bio, bio);
    socket_ = &socket;
    return true;
}

io_state tls_session::handshake() noexcept {
    if (established_)
        return io_state::done;
    if (in_broken_ || socket_ == nullptr)
        return io_state::broken;
    const int result = SSL_do_handshake(ssl_);
    const int socket_error = errno;
    if (result == 1) {
        established_ = true;
        ERR_clear_error();  // looking certificates up leaves some that mean nothing
        if (SSL_has_pending(ssl_) == 1)
            socket_->set_readable();
        return io_state::done;
    }
    const int kind = SSL_get_error(ssl_, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        wants_ = kind == SSL_ERROR_WANT_READ ? direction::in : direction::out;
        return io_state::blocked;
    }
    fail(kind, socket_error);
    in_broken_ = out_broken_ = true;
    return io_state::broken;
}

io_result tls_session::read(mutable_bytes room) noexcept {
    if (shut_wanted_ && !shut_)
        shut_write();
    if (ended_ || in_broken_)
        return {ended_ ? io_state::done : io_state::broken, 0};
    std::size_t total = 0;
    do {
        std::size_t got = 0;
        const int result = SSL_read_ex(ssl_, room.data() + total, room.size() - total, &got);
        if (result != 1) {
            const auto state = judge(result, direction::in);
            if (total == 0)
                return {state, 0};
            if (state != io_state::blocked)
                socket_->set_readable();  // the next call tells of the end
            return {io_state::done, total};
        }
        total += got;
    } while (total < room.size() && (socket_->readable() || SSL_has_pending(ssl_) == 1));
    // The kernel's flag says nothing of what OpenSSL already holds.
    if (SSL_has_pending(ssl_) == 1)
        socket_->set_readable();
    return {io_state::done, total};
}

io_result tls_session::write(std::span<const byte_view> pieces) noexcept {
    if (out_broken_)
        return {io_state::broken, 0};
    record_cutter records(pieces);
    std::size_t total = 0;
    auto state = io_state::done;
    for (auto record = records.next(); !record.empty(); record = records.next()) {
        if (!socket_->writable()) {
            state = io_state::blocked;
            break;
        }
        std::size_t put = 0;
        const int result = SSL_write_ex(ssl_, record.data(), record.size(), &put);
        record_pending_ = result != 1;
        if (result != 1) {
            state = judge(result, direction::out);
            break;
        }
        records.take(put);
        total += put;
    }
    if (total == 0)
        return {state, 0};
    if (out_broken_)
        socket_->set_writable();  // the next call says so
    return {io_state::done, total};
}

// What a read or a write that did not succeed means.
io_state tls_session::judge(int result, direction which) noexcept {
    const int socket_error = errno;
    const int kind = SSL_get_error(ssl_, result);
    switch (kind) {
    case SSL_ERROR_WANT_READ:
        if (which == direction::out) {
            socket_->set_unwritable();
            socket_->wakes_both(direction::in);
        }
        return io_state::blocked;
    case SSL_ERROR_WANT_WRITE:
        if (which == direction::in) {
            socket_->set_unreadable();
            socket_->wakes_both(direction::out);
        }
        return io_state::blocked;
    case SSL_ERROR_ZERO_RETURN:
        ended_ = true;
        if (which == direction::in)
            return io_state::done;
        // OpenSSL says this of every write that fails once the other side has ended.
        fail(SSL_ERROR_SYSCALL, socket_error);
        out_broken_ = true;
        return io_state::broken;
    default:
        fail(kind, socket_error);
        // When only the socket refuses to take more, what the other side said before, an alert
        // perhaps, can still be read.
        in_broken_ = in_broken_ || which == direction::in || kind == SSL_ERROR_SSL;
        out_broken_ = true;
        return io_state::broken;
    }
}

void tls_session::fail(int kind, int socket_error) noexcept {
    const auto code = take_tls_error();
    protocol_failed_ = protocol_failed_ || (kind == SSL_ERROR_SSL && !is_truncation(code));
    failure_ = tls_failure_words(ssl_, established_ ? tls_stage::traffic : tls_stage::handshake,
                                 {kind, code, socket_error});
}

io_state tls_session::shut_write() noexcept {
    if (shut_)
        return io_state::done;
    if (!established_ || out_broken_)
        return io_state::broken;
    shut_wanted_ = true;
    const int result = record_pending_ ? -1 : SSL_shutdown(ssl_);
    if (result >= 0) {
        shut_ = true;
        return io_state::done;
    }
    if (record_pending_ || SSL_get_error(ssl_, result) == SSL_ERROR_WANT_WRITE) {
        socket_->wakes_both(direction::out);  // whoever reads meanwhile sends it when there is room
        return io_state::blocked;
    }
    out_broken_ = true;
    ERR_clear_error();
    return io_state::broken;
}

bool tls_session::stale() noexcept {
    if (ended_ || in_broken_ || out_broken_ || socket_->hung_up())
        return true;
    if (!socket_->readable() && SSL_has_pending(ssl_) == 0)
        return false;  // the answer of nearly every connection
    char one = 0;
    std::size_t got = 0;
    const int result = SSL_peek_ex(ssl_, &one, 1, &got);
    if (result == 1 || judge(result, direction::in) != io_state::blocked)
        return true;
    // A record of which only a part is here may hold anything.
    const bool inside_record = std::string_view(SSL_rstate_string(ssl_)) == "RB";
    return inside_record || SSL_has_pending(ssl_) == 1 || SSL_want_write(ssl_);
}

tls_facts tls_session::facts() const noexcept {
    tls_facts known;
    known.protocol = SSL_get_version(ssl_);
    const unsigned char* alpn = nullptr;
    unsigned alpn_size = 0;
    SSL_get0_alpn_selected(ssl_, &alpn, &alpn_size);
    if (alpn != nullptr)
        known.alpn = {reinterpret_cast<const char*>(alpn), alpn_size};
    if (const char* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name))
        known.server_name = name;
    known.resumed = SSL_session_reused(ssl_) == 1;
    return known;
}

}  // namespace sluice::net
