// SPDX-License-Identifier: Apache-2.0
// Counts the allocations of a program it is preloaded into (LD_PRELOAD), in the first eight bytes
// of the file that COUNT_ALLOC_FILE names. scripts/bench.sh reads them before and after a run.
// Only glibc's own allocator is counted.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

std::atomic<std::uint64_t> before_the_file{0};
std::atomic<std::uint64_t>* counter = &before_the_file;

/// Shared, so that children of a preloaded process count into the same file.
__attribute__((constructor)) void open_file() {
    const char* path = std::getenv("COUNT_ALLOC_FILE");
    const int file = path != nullptr ? ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file < 0 || ::ftruncate(file, sizeof(std::uint64_t)) != 0) {
        return;
    }
    void* place =
        ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (place != MAP_FAILED) {
        counter = static_cast<std::atomic<std::uint64_t>*>(place);
    }
}

void count() { counter->fetch_add(1, std::memory_order_relaxed); }

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
    count();
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
    count();
    return __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) {
    count();
    return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** place, std::size_t alignment, std::size_t size) {
    count();
    *place = __libc_memalign(alignment, size);
    return *place != nullptr ? 0 : ENOMEM;
}

}  // extern "C"
