// SPDX-License-Identifier: Apache-2.0
#include "net/socket_bio.hpp"

#include "net/socket_io.hpp"

#include <openssl/bio.h>

#include <cerrno>

namespace sluice::net {

namespace {

struct bio_state {
    runtime::watched* socket;
    bool at_end = false;  // the other side's FIN was read
};

bio_state& state_of(BIO* bio) noexcept { return *static_cast<bio_state*>(BIO_get_data(bio)); }

int read(BIO* bio, char* room, int size) noexcept {
    BIO_clear_retry_flags(bio);
    auto& self = state_of(bio);
    const auto got = receive_once(*self.socket, {room, static_cast<std::size_t>(size)});
    if (got.state == io_state::blocked)
        BIO_set_retry_read(bio);
    if (got.state != io_state::done)
        return -1;
    self.at_end = got.bytes == 0;
    return static_cast<int>(got.bytes);
}

int write(BIO* bio, const char* bytes, int size) noexcept {
    BIO_clear_retry_flags(bio);
    const byte_view piece{bytes, static_cast<std::size_t>(size)};
    const auto put = send_once(*state_of(bio).socket, {&piece, 1});
    if (put.state == io_state::blocked)
        BIO_set_retry_write(bio);
    return put.state == io_state::done ? static_cast<int>(put.bytes) : -1;
}

long control(BIO* bio, int command, long, void*) noexcept {
    switch (command) {
    case BIO_CTRL_FLUSH:  // nothing is held back
        return 1;
    case BIO_CTRL_EOF:  // tells OpenSSL a missing close_notify from an error of the socket
        return state_of(bio).at_end ? 1 : 0;
    default:
        return 0;
    }
}

int destroy(BIO* bio) noexcept {
    delete static_cast<bio_state*>(BIO_get_data(bio));
    BIO_set_data(bio, nullptr);
    return 1;
}

BIO_METHOD* make_method() {
    BIO_METHOD* const made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "watched");
    if (made == nullptr)
        return nullptr;
    BIO_meth_set_read(made, read);
    BIO_meth_set_write(made, write);
    BIO_meth_set_ctrl(made, control);
    BIO_meth_set_destroy(made, destroy);
    return made;
}

}  // namespace

bio_st* make_socket_bio(runtime::watched& socket) {
    static const BIO_METHOD* const method = make_method();  // for the life of the process
    if (method == nullptr)
        return nullptr;
    BIO* const made = BIO_new(method);
    if (made == nullptr)
        return nullptr;
    BIO_set_data(made, new bio_state{&socket});
    BIO_set_init(made, 1);
    return made;
}

}  // namespace sluice::net
