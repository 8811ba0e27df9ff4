// SPDX-License-Identifier: Apache-2.0
// What the code under test asks of the heap and of the kernel, counted where the linker sends those
// calls (--wrap, see CMakeLists.txt) while `counting` is on.
#pragma once

namespace budget {

struct calls {
    unsigned allocations = 0;
    unsigned io = 0;       ///< recv, send, sendmsg, writev, read, by name or by number
    unsigned bells = 0;    ///< write: nothing here writes but who wakes another thread
    unsigned refused = 0;  ///< of those: EAGAIN
    unsigned waits = 0;    ///< epoll_wait
    int longest_wait = 0;  ///< of those: milliseconds they would have slept at most
    unsigned other = 0;    ///< epoll_ctl, timers, socket options, opening and closing
};

extern calls counted;
/// of this thread: the writer of the access log is not part of a request
extern thread_local bool counting;

}  // namespace budget
