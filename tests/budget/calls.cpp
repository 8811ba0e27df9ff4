// SPDX-License-Identifier: Apache-2.0
#include "budget/calls.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace budget {

calls counted;
thread_local bool counting = false;

static ssize_t note_io(ssize_t result) {
    if (counting) {
        ++counted.io;
        counted.refused += result < 0 && errno == EAGAIN ? 1 : 0;
    }
    return result;
}

static void note_other() { counted.other += counting ? 1 : 0; }

static void* note_allocation(void* room) {
    counted.allocations += counting ? 1 : 0;
    if (room == nullptr)
        throw std::bad_alloc();
    return room;
}

}  // namespace budget

void* operator new(std::size_t size) { return budget::note_allocation(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto step = static_cast<std::size_t>(alignment);
    return budget::note_allocation(std::aligned_alloc(step, (size + step - 1) / step * step));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    budget::counted.allocations += budget::counting ? 1 : 0;
    return std::malloc(size);
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }
void operator delete(void* room, std::align_val_t) noexcept { std::free(room); }
void operator delete(void* room, std::size_t, std::align_val_t) noexcept { std::free(room); }

extern "C" {

#define SLUICE_COUNT_IO(name, parameters, arguments)                                               \
    ssize_t __real_##name parameters;                                                              \
    ssize_t __wrap_##name parameters { return budget::note_io(__real_##name arguments); }

SLUICE_COUNT_IO(recv, (int fd, void* room, size_t size, int flags), (fd, room, size, flags))
SLUICE_COUNT_IO(send, (int fd, const void* bytes, size_t size, int flags), (fd, bytes, size, flags))
SLUICE_COUNT_IO(sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
SLUICE_COUNT_IO(read, (int fd, void* room, size_t size), (fd, room, size))
SLUICE_COUNT_IO(writev, (int fd, const iovec* pieces, int count), (fd, pieces, count))

// The gateway asks for what it reads and writes by number (net/socket_io.cpp).
long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
    const long result = __real_syscall(number, a, b, c, d, e, f);
    if (number == SYS_recvfrom || number == SYS_sendto || number == SYS_sendmsg)
        return budget::note_io(result);
    budget::note_other();
    return result;
}

#define SLUICE_COUNT_OTHER(name, parameters, arguments)                                            \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters {                                                                 \
        budget::note_other();                                                                      \
        return __real_##name arguments;                                                            \
    }

SLUICE_COUNT_OTHER(epoll_ctl, (int set, int what, int fd, epoll_event* event),
                   (set, what, fd, event))
SLUICE_COUNT_OTHER(timerfd_settime, (int fd, int flags, const itimerspec* next, itimerspec* old),
                   (fd, flags, next, old))
SLUICE_COUNT_OTHER(setsockopt, (int fd, int level, int name, const void* value, socklen_t size),
                   (fd, level, name, value, size))
SLUICE_COUNT_OTHER(getsockopt, (int fd, int level, int name, void* value, socklen_t* size),
                   (fd, level, name, value, size))
SLUICE_COUNT_OTHER(socket, (int family, int type, int protocol), (family, type, protocol))
SLUICE_COUNT_OTHER(connect, (int fd, const sockaddr* where, socklen_t size), (fd, where, size))
SLUICE_COUNT_OTHER(accept4, (int fd, sockaddr* from, socklen_t* size, int flags),
                   (fd, from, size, flags))
SLUICE_COUNT_OTHER(shutdown, (int fd, int how), (fd, how))
SLUICE_COUNT_OTHER(close, (int fd), (fd))

ssize_t __real_write(int fd, const void* bytes, size_t size);
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
    budget::counted.bells += budget::counting ? 1 : 0;
    return __real_write(fd, bytes, size);
}

int __real_epoll_wait(int set, epoll_event* events, int most, int timeout);
int __wrap_epoll_wait(int set, epoll_event* events, int most, int timeout) {
    if (budget::counting) {
        ++budget::counted.waits;
        budget::counted.longest_wait = std::max(budget::counted.longest_wait, timeout);
    }
    return __real_epoll_wait(set, events, most, timeout);
}

}  // extern "C"
