// SPDX-License-Identifier: Apache-2.0
// spdlog's queue and thread with our own line shapes and our own output, so that a hostile text, a
// full disk or a stalled reader of stderr costs lines and nothing else.
#include "sluice/telemetry/log.hpp"

#include "telemetry/escape.hpp"
#include "telemetry/line_output.hpp"
#include "telemetry/timestamp.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>

namespace sluice::telemetry {
namespace {

constexpr std::size_t queue_lines = 4096;
constexpr std::size_t longest_line = 8 * 1024;  ///< bounds the queue's memory too; the rest is cut
constexpr std::chrono::milliseconds last_grace{1000};

spdlog::level::level_enum to_spdlog(log_level level) noexcept {
    switch (level) {
    case log_level::debug:
        return spdlog::level::debug;
    case log_level::info:
        return spdlog::level::info;
    case log_level::warn:
        return spdlog::level::warn;
    case log_level::error:
        return spdlog::level::err;
    }
    return spdlog::level::err;
}

log_level from_spdlog(spdlog::level::level_enum level) noexcept {
    if (level <= spdlog::level::debug)
        return log_level::debug;
    if (level == spdlog::level::info)
        return log_level::info;
    return level == spdlog::level::warn ? log_level::warn : log_level::error;
}

using shared_format = std::atomic<line_format>;

/// Of a log that was started, and before that.
shared_format format_now{line_format::text};
const shared_format plain_text{line_format::text};

/// `2026-01-02T03:04:05.678Z info text`, or the same three as a JSON object.
class line_formatter final : public spdlog::formatter {
public:
    explicit line_formatter(const shared_format& format) : format_(format) {}

    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
        const std::string_view text{message.payload.data(), message.payload.size()};
        const std::string_view level = name_of(from_spdlog(message.level));
        const bool json = is_json();
        append(to, json ? R"({"ts":")" : "");
        char when[timestamp::length];
        append(to, {when, clock_.write(message.time, when)});
        append(to, json ? R"(","level":")" : " ");
        append(to, level);
        append(to, json ? R"(","message":")" : " ");
        append_escaped(to, text, json);
        append(to, json ? "\"}\n" : "\n");
    }
    std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<line_formatter>(format_);
    }

private:
    bool is_json() const noexcept {
        return format_.load(std::memory_order_relaxed) == line_format::json;
    }
    static void append(spdlog::memory_buf_t& to, std::string_view text) {
        to.append(text.data(), text.data() + text.size());
    }
    static void append_escaped(spdlog::memory_buf_t& to, std::string_view text, bool json) {
        const std::size_t begin = to.size();
        to.resize(begin + text.size() * escape_growth);
        char* const at = to.data() + begin;
        const char* const end =
            json ? escape_json(text, at) : escape_text(text, at, text_form::sentence);
        to.resize(static_cast<std::size_t>(end - to.data()));
    }

    const shared_format& format_;
    timestamp clock_;
};

/// Only the log's thread, or nobody else yet, writes here: no lock.
class output_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    output_sink()
        : base_sink(std::make_unique<line_formatter>(format_now)),
          output_(STDERR_FILENO, line_output::ownership::borrowed) {}

    line_output& output() noexcept { return output_; }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        output_.write({std::string_view{line.data(), line.size()}, {}});
    }
    void flush_() override {}

private:
    line_output output_;
};

void block_signals() {
    sigset_t
        all;  // they are the control thread's; a closed stderr is an error of write(), not SIGPIPE
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

struct running_log {
    running_log()
        : sink(std::make_shared<output_sink>()),
          queue(std::make_shared<spdlog::details::thread_pool>(queue_lines, 1, block_signals)),
          logger(std::make_shared<spdlog::async_logger>(
              "sluice", sink, queue, spdlog::async_overflow_policy::overrun_oldest)) {
        logger->set_level(spdlog::level::trace);
    }

    std::uint64_t dropped() const { return queue->overrun_counter() + sink->output().dropped(); }

    std::shared_ptr<output_sink> sink;
    std::shared_ptr<spdlog::details::thread_pool> queue;
    std::shared_ptr<spdlog::async_logger> logger;
};

std::atomic<log_level> level_now{log_level::info};
std::atomic<running_log*> running{nullptr};
std::atomic<std::uint64_t> dropped_before{0};  ///< by a log that was stopped

void write_at_once(log_level level, std::string_view text) {
    const spdlog::details::log_msg message{"sluice", to_spdlog(level), {text.data(), text.size()}};
    spdlog::memory_buf_t line;
    line_formatter{plain_text}.format(message, line);
    line_output{STDERR_FILENO, line_output::ownership::borrowed}.write(
        {std::string_view{line.data(), line.size()}, {}});
}

}  // namespace

void start_log(const log_settings& settings) {
    set_log_level(settings.level);
    set_log_format(settings.format);
    auto* const next = new running_log;
    if (running_log* nothing = nullptr; !running.compare_exchange_strong(nothing, next))
        delete next;
}

void stop_log() {
    const std::unique_ptr<running_log> last{running.exchange(nullptr)};
    if (!last)
        return;
    last->sink->output().hurry(last_grace);
    dropped_before += last->queue->overrun_counter();
    last->queue
        .reset();  // writes what is queued and joins the thread; the logger must still be there
    dropped_before += last->sink->output().dropped();
}

void set_log_level(log_level level) noexcept { level_now.store(level, std::memory_order_relaxed); }

void set_log_format(line_format format) noexcept {
    format_now.store(format, std::memory_order_relaxed);
}

log_level current_log_level() noexcept { return level_now.load(std::memory_order_relaxed); }

std::string_view name_of(log_level level) noexcept {
    switch (level) {
    case log_level::debug:
        return "debug";
    case log_level::info:
        return "info";
    case log_level::warn:
        return "warn";
    case log_level::error:
        return "error";
    }
    return "error";
}

std::uint64_t log_lines_dropped() noexcept {
    const running_log* const log = running.load();
    return dropped_before.load() + (log ? log->dropped() : 0);
}

bool log_enabled(log_level level) noexcept { return level >= current_log_level(); }

void log_line(log_level level, std::string_view text) noexcept {
    if (!log_enabled(level))
        return;
    text = text.substr(0, longest_line);
    if (const running_log* const log = running.load())
        log->logger->log(to_spdlog(level), spdlog::string_view_t{text.data(), text.size()});
    else
        write_at_once(level, text);
}

}  // namespace sluice::telemetry
