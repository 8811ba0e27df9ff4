// SPDX-License-Identifier: Apache-2.0
// The coroutine of the request path: lazy, resumed by symmetric transfer, its frame from the
// thread's free list. A suspended task is never destroyed: whoever wants it gone interrupts what it
// waits for and lets it unwind.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace sluice::runtime {

/// Coroutine frames by size class, kept per thread so that a request allocates nothing.
void* take_frame(std::size_t size);
void give_frame(void* frame, std::size_t size) noexcept;

namespace detail {

struct promise_base {
    static void* operator new(std::size_t size) { return take_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { give_frame(frame, size); }

    struct final_step {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
            return ended.promise().continuation;
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    final_step final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { thrown = std::current_exception(); }

    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr thrown;
};

template <class T>
struct promise_value : promise_base {
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (thrown)
            std::rethrow_exception(thrown);
        return std::move(*value);
    }
    std::optional<T> value;
};

template <>
struct promise_value<void> : promise_base {
    void return_void() const noexcept {}
    void take() const {
        if (thrown)
            std::rethrow_exception(thrown);
    }
};

}  // namespace detail

/// A coroutine that starts when awaited and is awaited once. Values only: an exception out of it is
/// a bug that costs one session.
template <class T = void>
class [[nodiscard]] task {
public:
    struct promise_type : detail::promise_value<T> {
        task get_return_object() noexcept {
            return task{std::coroutine_handle<promise_type>::from_promise(*this)};
        }
    };

    task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    task& operator=(task&&) = delete;
    ~task() {
        if (frame_)
            frame_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        frame_.promise().continuation = caller;
        return frame_;
    }
    T await_resume() { return frame_.promise().take(); }

private:
    explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    std::coroutine_handle<promise_type> frame_;
};

/// Runs a task of its own to its end; the task must own what it needs. What escapes from it is
/// logged, nothing else stops.
void spawn(task<> root);

}  // namespace sluice::runtime
