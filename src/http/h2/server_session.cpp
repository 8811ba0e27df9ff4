// SPDX-License-Identifier: Apache-2.0
// The life of a connection: bytes in, a handler a request, last words. What frames mean is in
// server_frames.cpp, how they leave in server_output.cpp, what ends it in server_end.cpp.
#include "http/h2/server_session.hpp"

#include "http/h2/server_callbacks.hpp"
#include "sluice/http/local_reply.hpp"
#include "sluice/runtime/worker.hpp"

#include <array>
#include <limits>

namespace sluice::http::h2 {

using runtime::direction;
using runtime::timer;
using runtime::wake;

namespace {

// Where nearly all numbers are used up a client is told to go on over another connection: without
// any it could only be cut off (RFC 9113 section 5.1.1). Some are left for what is on its way.
constexpr std::int32_t last_number = std::numeric_limits<std::int32_t>::max() - (1 << 16);

// So is one that has been open for this long, so that listeners and workers that changed are met
// anew one day; the jitter keeps clients of one start from coming back together.
constexpr std::chrono::minutes most_age{60};
constexpr std::uint64_t most_jitter = 6 * 60;  // seconds

// Reads in a row before the other connections have their turn.
constexpr int reads_a_turn = 8;

nghttp2_ptr<nghttp2_option> make_options(const limits& bounds) {
    nghttp2_option* made = nullptr;
    if (nghttp2_option_new(&made) != 0)
        return nullptr;
    // Credit is given when the other side took the bytes.
    nghttp2_option_set_no_auto_window_update(made, 1);
    // All rules of messages are in request_reader.
    nghttp2_option_set_no_http_messaging(made, 1);
    // Else nothing would tell that they come.
    constexpr unsigned first_extension = 0x0a;
    for (unsigned type = first_extension; type <= 0xff; ++type)
        nghttp2_option_set_user_recv_extension_type(made, static_cast<std::uint8_t>(type));
    // A node's head within our limits must fit.
    nghttp2_option_set_max_send_header_block_length(made, 64 * 1024 + 2 * bounds.head);
    return nghttp2_ptr<nghttp2_option>{made};
}

}  // namespace

server_session::server_session(connection& on)
    : link_(on), server_(on.owner()), settings_(on.settings()), worker_(on.worker()),
      socket_(on.socket()), work_(worker_), writer_ended_(worker_), handlers_ended_(worker_),
      clock_(*this), score_(worker_.now()), widest_window_(settings_.bounds.h2.stream_window),
      idle_since_(on.opened()),
      leaves_at_(on.opened() + most_age +
                 std::chrono::seconds{on.owner().random().next() % most_jitter}) {
    link_.speaks(this);
}

server_session::~server_session() = default;

bool server_session::start() {
    const auto* const callbacks = session_callbacks();
    const auto options = make_options(settings_.bounds);
    nghttp2_session* made = nullptr;
    if (callbacks == nullptr || !options ||
        nghttp2_session_server_new2(&made, callbacks, this, options.get()) != 0)
        return false;
    nghttp2_.reset(made);
    const auto& bounds = settings_.bounds;
    const auto number = [](std::size_t size) { return static_cast<std::uint32_t>(size); };
    const std::array<nghttp2_settings_entry, 4> ours{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, number(bounds.h2.streams)},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, number(bounds.h2.stream_window)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, number(bounds.head)},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    }};
    const bool good =
        nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, ours.data(), ours.size()) == 0 &&
        nghttp2_session_set_local_window_size(
            made, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(bounds.h2.connection_window)) ==
            0;
    arm(std::min(idle_due(), leaves_at_));
    return good;
}

runtime::task<> server_session::serve(std::unique_ptr<connection> link) {
    server_session self(*link);
    if (!self.start())
        co_return;
    runtime::spawn(write_on(self));
    if (self.server_.draining())
        self.drain();
    for (;;) {
        const auto got = self.read_some();
        self.wake_writer();
        if (got == reading::over || self.is_over())
            break;
        if (got == reading::more) {
            co_await self.worker_.next_turn();
            continue;
        }
        co_await self.socket_.readable(timer::never);
        self.socket_.resume_waits(direction::in);
    }
    self.end_streams();
    while (!self.running_.empty()) {
        self.handlers_ended_.clear();
        co_await self.handlers_ended_;
    }
    self.say_last_words();
    co_await self.writer_ended_;
    self.clock_.disarm();
    if (self.lost_ || self.cut_)
        co_return;
    const auto how = self.patience_left();
    // What the client still sends is read all the same, or the reset of TCP would overtake the
    // GOAWAY.
    if (!self.hurried_)
        self.socket_.resume_waits(direction::in);
    co_await connection::linger(*link, how);
}

connection::patience server_session::patience_left() const noexcept {
    if (hurried_)
        return connection::patience::none;
    return failed_ || draining_ ? connection::patience::brief : connection::patience::usual;
}

server_session::reading server_session::read_some() {
    for (int round = 0; round < reads_a_turn; ++round) {
        if (lost_)
            return reading::over;
        if (socket_.has_nothing_to_read())
            return reading::blocked;
        byte_buffer in;
        in.reserve(byte_buffer::large_block);
        const auto got = socket_.read(in.room());
        if (got.state == io_state::blocked)
            return reading::blocked;
        // The end of a client's side of TCP is the end of it: it could not even grant credit.
        if (got.state == io_state::broken || got.bytes == 0) {
            lose(errc::client_gone);
            return reading::over;
        }
        const bool good = feed({in.data(), got.bytes});
        start_handlers();
        keep_within_memory();
        if (!good)
            return reading::over;
    }
    return reading::more;
}

// False when the connection is to end.
bool server_session::feed(byte_view bytes) {
    window_changed_ = false;
    const auto fed = nghttp2_session_mem_recv(
        nghttp2_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (cut_)
        lose(errc::client_gone);
    if (fed == NGHTTP2_ERR_FLOODED)
        flooded(abuse::pings);
    else if (fed == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS)
        flooded(abuse::continuations);
    else if (fed < 0)
        nghttp2_session_terminate_session(nghttp2_.get(), NGHTTP2_PROTOCOL_ERROR);
    if (fed < 0)
        return false;
    if (head_began_ != time_point{})
        arm(head_began_ + settings_.deadlines.client_head);
    return true;
}

// nghttp2 reads no more once a GOAWAY went out and no stream is left. To it half a head is a
// stream: nobody waits for the rest of one that will not be served.
bool server_session::is_over() const noexcept {
    return lost_ || (aborted_ && running_.empty()) ||
           (out_.empty() && nghttp2_session_want_read(nghttp2_.get()) == 0 &&
            nghttp2_session_want_write(nghttp2_.get()) == 0);
}

void server_session::start_handlers() {
    for (auto& one : begun_) {
        // Reset in the same bytes it was asked for with: nobody need hear of it.
        if (one.stream->is_closed() && one.how.what != judgement::kind::malformed) {
            one.stream->conclude();
            server_.h2_streams().give(std::move(one.stream));
            continue;
        }
        had_request_ = true;
        if (!link_.take_latest() || one.stream->id() > last_number)
            drain();
        one.stream->position = running_.size();
        running_.push_back(one.stream.get());
        if (one.how.what == judgement::kind::good)
            runtime::spawn(answer(*this, std::move(one.stream)));
        else
            runtime::spawn(refuse(*this, std::move(one.stream), one.how));
    }
    begun_.clear();
}

runtime::task<> server_session::answer(server_session& self,
                                       std::unique_ptr<server_stream> stream) {
    co_await self.server_.handler().handle(stream->head(), *stream);
    while (stream->flush() == io_state::blocked) {
        const auto why = co_await stream->output();
        if (why != wake::ready)
            stream->reset();
    }
    self.handler_ended(std::move(stream));
}

// A message that never became a request. A malformed one was reset already.
runtime::task<> server_session::refuse(server_session& self, std::unique_ptr<server_stream> stream,
                                       judgement how) {
    const auto& reply = reply_for(how.code);
    const auto digits = hex_id(self.server_.random());
    const std::string_view id(digits.data(), digits.size());
    self.server_.handler().refused({how.code, how.reason, id, stream->client()});
    const auto body = reply_body(reply, how.reason, id);
    response_head head;
    head.status = reply.status;
    head.fields.add("Content-Type", "application/json");
    head.body = {framing::kind::length, body.size()};
    stream->give_up_body();
    stream->put_head(head, id);
    stream->put_body({body, true, nullptr});
    while (stream->flush() == io_state::blocked) {
        const auto why = co_await stream->output();
        if (why != wake::ready)
            stream->reset();
    }
    self.handler_ended(std::move(stream));
}

void server_session::handler_ended(std::unique_ptr<server_stream> stream) noexcept {
    stream->conclude();
    stop_reading_for(*stream);
    nghttp2_session_set_stream_user_data(nghttp2_.get(), stream->id(), nullptr);
    auto* const last = running_.back();
    last->position = stream->position;
    running_[stream->position] = last;
    running_.pop_back();
    server_.h2_streams().give(std::move(stream));
    wake_writer();
    if (!running_.empty())
        return;
    idle_since_ = worker_.now();
    arm(idle_due());
    handlers_ended_.set();
}

}  // namespace sluice::http::h2
