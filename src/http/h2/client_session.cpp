// SPDX-License-Identifier: Apache-2.0
// Its life and its streams; the bytes are client_session_io.cpp's.
#include "http/h2/client_session.hpp"

#include "http/h2/client_callbacks.hpp"
#include "sluice/net/tls_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::http::h2 {

namespace {

// What all streams together hold back for us at once. Nothing of it waits in memory for long: a
// stream's own bytes are bounded by its own window.
constexpr std::int32_t connection_window = 4 * 1024 * 1024;

// How much the windows of all streams may have grown together: what clients that stop reading
// large bodies can cost on one connection beyond first_window each.
constexpr std::size_t most_widened = 8 * 1024 * 1024;

constexpr std::size_t spare_streams = 32;

// A head or trailers as they leave: the listeners' limits have bounded them, nghttp2's own default
// (64 KiB) would be a second, silent bound.
constexpr std::size_t largest_head = 16 * 1024 * 1024;

nghttp2_session* make_session(client_session* user) {
    nghttp2_option* option = nullptr;
    nghttp2_session* made = nullptr;
    if (::nghttp2_option_new(&option) != 0)
        return nullptr;
    ::nghttp2_option_set_no_auto_window_update(option, 1);
    ::nghttp2_option_set_no_closed_streams(option, 1);
    ::nghttp2_option_set_max_send_header_block_length(option, largest_head);
    if (::nghttp2_session_client_new2(&made, callbacks_of_clients(), user, option) != 0)
        made = nullptr;
    ::nghttp2_option_del(option);
    return made;
}

}  // namespace

void client_session::nghttp2_free::operator()(nghttp2_session* one) const noexcept {
    ::nghttp2_session_del(one);
}

client_session::client_session(std::unique_ptr<net::stream> connected, owner& keeper)
    : socket_(std::move(connected)), owner_(&keeper), worker_(socket_->socket().owner()),
      wanted_(worker_), speaks_(make_session(this)), manners_(worker_.now()), made_(worker_.now()),
      heard_(made_) {}

client_session::~client_session() = default;

client_session::pointer client_session::start(std::unique_ptr<net::stream> connected,
                                              owner& keeper) {
    pointer made(new client_session(std::move(connected), keeper));
    made->greet();
    runtime::spawn(read_on(made));
    runtime::spawn(write_on(made));
    return made;
}

// RFC 9113 section 3.4: the first bytes; a request may follow before the node has answered.
void client_session::greet() {
    if (!speaks_)
        return lose(errc::upstream_closed, "out of memory");
    const std::array<nghttp2_settings_entry, 2> ours{{
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(first_window)},
    }};
    ::nghttp2_submit_settings(speaks_.get(), NGHTTP2_FLAG_NONE, ours.data(), ours.size());
    ::nghttp2_session_set_local_window_size(speaks_.get(), NGHTTP2_FLAG_NONE, 0, connection_window);
    want_write();
}

bool client_session::has_room() const noexcept {
    if (retired() || probing_)
        return false;
    return active_ < (settings_seen_ ? most_allowed() : 1);
}

std::size_t client_session::most_allowed() const noexcept {
    const auto allowed = ::nghttp2_session_get_remote_settings(
        speaks_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return std::min<std::size_t>(most_streams, allowed);
}

bool client_session::retired() const noexcept {
    return lost_ || over_ || going_away_ || write_broken_ || violated_ ||
           ::nghttp2_session_check_request_allowed(speaks_.get()) == 0;
}

client_session::stream_pointer client_session::open(const pointer& on) {
    stream_pointer one;
    if (on->spare_.empty()) {
        one = std::make_unique<client_stream>(on->worker_);
    } else {
        one = std::move(on->spare_.back());
        on->spare_.pop_back();
    }
    ++on->active_;
    one->join(on);
    return one;
}

void client_session::take_back(stream_pointer used) noexcept {
    std::erase_if(live_, [&](const place& one) { return one.stream == used.get(); });
    --active_;
    widened_ -= static_cast<std::size_t>(std::max(0, used->window_ - first_window));
    const bool both_ended = used->response_over() && used->request_left();
    if (!used->response_over())
        manners_.gave_up_early(static_cast<std::size_t>(used->window_));
    if (used->id_ > 0 && !used->closed_ && !both_ended && !lost_ && !over_) {
        ::nghttp2_submit_rst_stream(speaks_.get(), NGHTTP2_FLAG_NONE, used->id_, NGHTTP2_CANCEL);
        want_write();
    }
    used->leave();
    if (spare_.size() < spare_streams)
        spare_.push_back(std::move(used));
}

bool client_session::submit(client_stream& one, const outgoing_request& request) {
    if (retired())
        return false;
    const auto& fields = writer_.write(request, socket_->tls() != nullptr ? "https" : "http");
    const auto body = request_body();
    one.id_ = ::nghttp2_submit_request(speaks_.get(), nullptr, fields.data(), fields.size(),
                                       one.request_ended_ ? nullptr : &body, nullptr);
    if (one.id_ < 0) {
        one.id_ = 0;
        return false;
    }
    live_.push_back({one.id_, &one});
    return true;
}

void client_session::send(client_stream& one) {
    if (std::exchange(one.deferred_, false) &&
        ::nghttp2_session_resume_data(speaks_.get(), one.id_) != 0)
        one.deferred_ = true;
    want_write();
}

void client_session::send_trailers(client_stream& one) {
    const auto& fields = writer_.write(one.trailers_);
    ::nghttp2_submit_trailer(speaks_.get(), one.id_, fields.data(), fields.size());
}

void client_session::give_credit(client_stream& one, std::size_t bytes) noexcept {
    if (lost_ || over_)
        return;
    ::nghttp2_session_consume_stream(speaks_.get(), one.id_, bytes);
    if (::nghttp2_session_want_write(speaks_.get()) != 0)
        want_write();
}

std::int32_t client_session::widen(client_stream& one, std::int32_t window) noexcept {
    const auto more = static_cast<std::size_t>(window);  // twice as large
    if (window >= largest_window || widened_ + more > most_widened || lost_ || over_)
        return window;
    if (::nghttp2_session_set_local_window_size(speaks_.get(), NGHTTP2_FLAG_NONE, one.id_,
                                                2 * window) != 0)
        return window;
    widened_ += more;
    want_write();
    return 2 * window;
}

// What others sent since does not matter. The first look costs no system call.
bool client_session::has_delivered(std::uint64_t up_to) const noexcept {
    return written_ >= up_to && written_ - up_to >= socket_->unacknowledged();
}

client_stream* client_session::find(std::int32_t id) const noexcept {
    const auto at = std::ranges::lower_bound(live_, id, {}, &place::id);
    return at != live_.end() && at->id == id ? at->stream : nullptr;
}

void client_session::settings_came() noexcept { settings_seen_ = changed_ = true; }

void client_session::probe() {
    if (probing_ || retired())
        return;
    probing_ = true;
    probed_ = worker_.now();
    ::nghttp2_submit_ping(speaks_.get(), NGHTTP2_FLAG_NONE, nullptr);
    want_write();
}

void client_session::probe_answered() noexcept {
    probing_ = false;
    changed_ = true;
}

void client_session::lose(errc why, std::string_view stage) noexcept {
    if (lost_)
        return;
    lost_ = changed_ = true;
    probing_ = false;
    node_at_fault_ =
        node_at_fault_ || why == errc::bad_upstream_message || why == errc::upstream_timeout;
    for (const auto& one : live_) {
        const bool unanswered = why != errc::bad_upstream_message && !one.stream->answered();
        one.stream->fail({why, blame::upstream,
                          unanswered ? retry_hint::if_reused : retry_hint::never,
                          one.stream->answered() && why == errc::upstream_closed
                              ? std::string_view{"response body"}
                              : stage});
    }
}

// A client that is slow to read what is here keeps its stream, and with it this: the node must not
// wait for that. One that is at fault is not listened to any more, all others see an end in order.
void client_session::end_waits() noexcept {
    over_ = true;
    if (node_at_fault_)
        socket_->abandon();
    else
        socket_->shut_write();
    wanted_.interrupt();
    socket_->interrupt(runtime::direction::in);
    socket_->interrupt(runtime::direction::out);
}

void client_session::tell_owner() noexcept {
    if (std::exchange(changed_, false) && owner_ != nullptr)
        owner_->on_change(*this);
}

void client_session::abandon(std::string_view why) noexcept {
    node_at_fault_ = true;
    lose(errc::upstream_closed, why);
    end_waits();  // the coroutines end, and tell the owner
}

void client_session::leave() noexcept {
    owner_ = nullptr;
    if (over_)
        return;
    if (!lost_ && !write_broken_) {
        ::nghttp2_session_terminate_session(speaks_.get(), NGHTTP2_NO_ERROR);
        write_once();
    }
    lose(errc::upstream_closed, "connection closed");
    end_waits();
}

std::string_view client_session::tls_failure() const noexcept {
    return socket_->tls() != nullptr ? socket_->tls()->failure() : std::string_view();
}

// As h1/client_session has it: a node may refuse our certificate after the handshake.
errc client_session::why_closed() const noexcept {
    const bool by_tls = socket_->tls() != nullptr && socket_->tls()->protocol_failed();
    return by_tls ? errc::tls_failed : errc::upstream_closed;
}

}  // namespace sluice::http::h2
