// SPDX-License-Identifier: Apache-2.0
#include "sluice/runtime/task.hpp"

#include "sluice/telemetry/log.hpp"

#include <array>
#include <new>
#include <vector>

namespace sluice::runtime {

namespace {

constexpr std::size_t class_step = 64;
constexpr std::size_t class_count = 32;  // frames up to 2 KiB are kept
constexpr std::size_t kept_per_class = 1024;

struct frame_lists {
    ~frame_lists() {
        for (auto& list : free)
            for (void* frame : list)
                ::operator delete(frame);
    }
    std::array<std::vector<void*>, class_count> free;
};

// A plain pointer is read without the guard that a thread_local with a constructor needs at every
// use.
constinit thread_local frame_lists* current_lists = nullptr;

frame_lists& make_lists() {
    thread_local frame_lists mine;
    current_lists = &mine;
    return mine;
}

frame_lists& lists() { return current_lists != nullptr ? *current_lists : make_lists(); }

std::size_t class_of(std::size_t size) noexcept { return (size - 1) / class_step; }

struct root_frame {
    struct promise_type {
        static void* operator new(std::size_t size) { return take_frame(size); }
        static void operator delete(void* frame, std::size_t size) noexcept {
            give_frame(frame, size);
        }
        root_frame get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

root_frame run(task<> root) {
    try {
        co_await root;
    } catch (const std::exception& thrown) {
        telemetry::log_error("a session ended by an exception, which is a bug: {}", thrown.what());
    }
}

}  // namespace

void* take_frame(std::size_t size) {
    const auto index = class_of(size);
    if (index >= class_count)
        return ::operator new(size);
    auto& list = lists().free[index];
    if (list.empty())
        return ::operator new((index + 1) * class_step);
    void* frame = list.back();
    list.pop_back();
    return frame;
}

void give_frame(void* frame, std::size_t size) noexcept {
    const auto index = class_of(size);
    if (index >= class_count)
        return ::operator delete(frame);
    auto& list = lists().free[index];
    if (list.size() >= kept_per_class)
        return ::operator delete(frame);
    list.push_back(frame);
}

void spawn(task<> root) { run(std::move(root)); }

}  // namespace sluice::runtime
