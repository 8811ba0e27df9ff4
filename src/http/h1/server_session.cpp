// SPDX-License-Identifier: Apache-2.0
// The life of a client connection: heads in, the handler, responses out. Reading bodies is in
// server_body.cpp.
#include "http/h1/server_session.hpp"

#include "sluice/http/date.hpp"
#include "sluice/http/local_reply.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>

namespace sluice::http::h1 {

using runtime::direction;
using runtime::wake;

namespace {

// Pipelined requests answered without a wait before the other connections have their turn.
constexpr unsigned turn_share = 64;

}  // namespace

server_session::server_session(connection& on)
    : link_(on), server_(on.owner()), settings_(on.settings()), worker_(on.worker()),
      socket_(on.socket()), head_started_(on.opened()) {
    socket_.socket().on_hang_up(hang_up, this);
    link_.speaks(this);
}

server_session::~server_session() {
    if (state_)
        server_.h1_exchanges().give(std::move(state_));
}

runtime::task<> server_session::serve(std::unique_ptr<connection> link) {
    server_session self(*link);
    for (unsigned in_a_row = 1;; ++in_a_row) {
        if (in_a_row % turn_share == 0)
            co_await self.worker_.next_turn();
        auto got = self.read_head();
        while (got == reading::blocked) {
            self.rest();
            const auto why = co_await self.socket_.readable(self.head_deadline());
            got = self.read_on(why);
            in_a_row = 0;
        }
        if (got == reading::ended)
            break;
        self.take_latest();
        if (got == reading::complete)
            co_await self.server_.handler().handle(self.state_->head, self);
        else
            self.refuse();
        while (self.flush() == io_state::blocked) {
            const auto why = co_await self.output();
            if (why != wake::ready)
                self.reset();
        }
        if (!self.end_exchange())
            break;
    }
    if (!self.must_linger())
        co_return;
    self.in_.release();
    const auto how = self.aborted_ ? connection::patience::none : connection::patience::usual;
    co_await connection::linger(*link, how);
}

// On other terms than the listener's by now, this request is the connection's last.
void server_session::take_latest() {
    if (!link_.take_latest())
        keep_open_ = false;
}

server_session::reading server_session::read_head() {
    for (;;) {
        if (!in_.empty()) {
            if (!state_)
                begin_exchange();
            const head_rules rules{settings_.bounds, settings_.listener.underscore_headers,
                                   settings_.listener.path_normalize};
            const auto step =
                parse_request(in_.view(), state_->scan, rules, state_->room, state_->head);
            if (step.at == parse_step::state::complete) {
                in_.consume(step.consumed);
                state_->body_left = state_->head.body.length;
                body_taken_ = !state_->head.body.has_body();
                return reading::complete;
            }
            if (step.at == parse_step::state::failed) {
                fault_ = step.code;
                refusal_ = step.reason;
                return reading::refused;
            }
        }
        const auto got = fill(in_);
        if (got.state == io_state::blocked)
            return reading::blocked;
        if (got.state == io_state::broken || got.bytes == 0)
            return reading::ended;
    }
}

void server_session::begin_exchange() {
    state_ = server_.h1_exchanges().take();
    if (!first_request_)
        head_started_ = worker_.now();
}

time_point server_session::head_deadline() const noexcept {
    const auto& deadlines = settings_.deadlines;
    const bool between_requests = !state_ && !first_request_;
    const auto usual =
        head_started_ + (between_requests ? deadlines.client_idle : deadlines.client_head);
    return server_.draining() && !state_ ? std::min(usual, worker_.now() + server::drain_grace)
                                         : usual;
}

// After a wait for more of a head.
server_session::reading server_session::read_on(wake why) {
    idle_ = false;
    if (!broken_)
        // a drain may have begun in the turn that brought the bytes
        socket_.resume_waits(direction::in);
    if (why == wake::ready)
        return read_head();
    if (why == wake::interrupted && !broken_)
        return reading::blocked;  // draining began: wait on, but not for long
    if (broken_ || !state_)
        return reading::ended;
    fault_ = errc::request_timeout;
    refusal_ = "the request head did not arrive in time";
    return reading::refused;
}

void server_session::rest() {
    if (!in_.empty())
        return;
    idle_ = true;
    in_.release();
    out_.release();
}

void server_session::refuse() {
    const auto& answer = reply_for(fault_);
    const auto digits = hex_id(server_.random());
    const std::string_view id(digits.data(), digits.size());
    const auto body = reply_body(answer, refusal_, id);
    server_.handler().refused({fault_, refusal_, id, client()});
    const auto verb = state_->head.verb;
    state_->head.clear();  // whatever else was read of it
    state_->head.verb = verb;
    response_head head;
    head.status = answer.status;
    head.reason = reason_phrase(answer.status);
    head.fields.add("Content-Type", "application/json");
    head.body = {framing::kind::length, body.size()};
    keep_open_ = false;
    put_head(head, id);
    put_body({body, true, nullptr});
    flush();  // copies what the socket does not take
}

void server_session::put_informational(const response_head& head) {
    if (head.status == 100)
        continue_sent_ = true;
    write_informational(out_.buffer(), head);
}

void server_session::put_head(const response_head& head, std::string_view request_id) {
    response_begun_ = true;
    const auto& request = state_->head;
    const bool client_is_1_0 = request.received.is_1_0();
    framing body = head.body;
    if (body.how == framing::kind::chunked || body.how == framing::kind::until_close)
        body.how = client_is_1_0 ? framing::kind::until_close : framing::kind::chunked;
    discard_body_ = request.verb == method::head;
    response_framing_ = body.how;
    const bool upgraded = head.status == 101;
    keep_open_ = keep_open_ && request.keep_alive && !server_.draining() &&
                 body.how != framing::kind::until_close &&
                 // what an answer overtook may come or not: nothing behind it can be read
                 body_taken_;
    const auto persist = upgraded        ? persistence::upgrade
                         : !keep_open_   ? persistence::close
                         : client_is_1_0 ? persistence::keep_alive_1_0
                                         : persistence::keep_alive;
    write_response(out_.buffer(), head, body, persist, http_date(worker_.wall_now()), request_id);
    if (discard_body_ || !body.has_body())
        response_done_ = body.how != framing::kind::until_close || discard_body_;
}

void server_session::put_body(const chunk& piece) {
    if (discard_body_)
        return;
    state_->bytes_out += piece.bytes.size();
    if (tunnel_)
        out_.put_raw(piece.bytes);
    else
        out_.put(piece, response_framing_);
    response_done_ = response_done_ || piece.last;
}

io_state server_session::flush() {
    if (broken_)
        return io_state::broken;
    const auto put = out_.write(socket_);
    if (put.state == io_state::broken)
        return fail(errc::client_gone);
    if (!tunnel_ && !state_->writing.moved(worker_.now(), put.bytes, settings_.deadlines.min_rate))
        return fail(errc::client_too_slow);
    return put.state;
}

runtime::readiness server_session::output() {
    state_->writing.wait_begins(worker_.now());
    const auto idle = tunnel_ ? tunnel_idle_ : settings_.deadlines.client_write_idle;
    return socket_.writable(worker_.now() + idle);
}

bool server_session::end_exchange() {
    gone_listener_ = nullptr;
    const bool keep = response_done_ && keep_open_ && body_taken_ && !broken_ && !tunnel_;
    if (!keep)
        return false;
    if (!state_->body.empty())
        in_.swap(state_->body);
    server_.h1_exchanges().give(std::move(state_));
    socket_.resume_waits(direction::in);
    head_started_ = worker_.now();
    response_framing_ = framing::kind::none;
    first_request_ = idle_ = body_taken_ = body_begun_ = continue_sent_ = false;
    response_begun_ = response_done_ = discard_body_ = false;
    keep_open_ = true;
    return true;
}

void server_session::open_tunnel(std::chrono::milliseconds idle) {
    tunnel_ = true;
    tunnel_idle_ = idle;
    body_taken_ = response_done_ = false;
    discard_body_ = false;
}

presence server_session::where() const noexcept {
    const auto& socket = socket_.socket();
    return broken_ || aborted_ || socket.broken() ? presence::gone
           : socket.hung_up()                     ? presence::half_closed
                                                  : presence::here;
}

void server_session::reset() noexcept {
    if (response_begun_)
        flush();  // what is queued shows the client where it broke
    // Without a length or chunks only a reset tells the client that the body is not whole.
    if (response_begun_ && response_framing_ == framing::kind::until_close)
        socket_.reset_on_close();
    broken_ = true;
}

io_state server_session::fail(errc why) noexcept {
    broken_ = true;
    fault_ = why;
    return io_state::broken;
}

bool server_session::must_linger() const noexcept {
    return !broken_ && !ended_ && response_begun_ &&
           (!body_taken_ || !in_.empty() || socket_.socket().readable());
}

void server_session::give_up_body() {
    if (!body_taken_ && !body_begun_)
        drop_buffered_body();
    keep_open_ = keep_open_ && body_taken_;
}

void server_session::drain() noexcept {
    if (idle_)
        socket_.interrupt(direction::in);
}

void server_session::close_idle() noexcept {
    broken_ = true;
    socket_.interrupt(direction::in);
}

void server_session::abort() noexcept {
    fault_ = errc::shutting_down;
    aborted_ = true;
    // Who has seen nothing of an answer may still be given one, in a single write that waits for
    // nothing: the status that is counted is then one the client knows.
    keep_open_ = false;
    broken_ = broken_ || response_begun_ || gone_listener_ == nullptr;
    if (response_begun_ && response_framing_ == framing::kind::until_close)
        socket_.reset_on_close();
    socket_.interrupt(direction::in);
    socket_.interrupt(direction::out);
    if (gone_listener_ != nullptr)
        gone_listener_->on_client_gone();
}

void server_session::hang_up(void* self) noexcept {
    auto& session = *static_cast<server_session*>(self);
    if (session.gone_listener_ != nullptr)
        session.gone_listener_->on_client_gone();
}

}  // namespace sluice::http::h1
