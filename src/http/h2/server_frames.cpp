// SPDX-License-Identifier: Apache-2.0
// What nghttp2 tells and asks while it is fed and drained. Nothing here runs a handler: that waits
// until nghttp2 has returned.
#include "http/h2/server_session.hpp"
#include "http/h2/websocket.hpp"
#include "sluice/runtime/worker.hpp"
#include "sluice/telemetry/log.hpp"

#include <algorithm>
#include <utility>

namespace sluice::http::h2 {

namespace {

bool changes_window(const nghttp2_settings& frame) noexcept {
    return std::any_of(frame.iv, frame.iv + frame.niv, [](const nghttp2_settings_entry& one) {
        return one.settings_id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE;
    });
}

// Its length shows only an empty frame: how much of it is padding is known once it was read.
bool is_padding_alone(const nghttp2_frame& frame) noexcept {
    constexpr auto looked_at = NGHTTP2_FLAG_PADDED | NGHTTP2_FLAG_END_STREAM;
    return (frame.hd.flags & looked_at) == NGHTTP2_FLAG_PADDED &&
           frame.hd.length <= frame.data.padlen;
}

}  // namespace

server_stream* server_session::stream_of(std::int32_t id) const noexcept {
    return static_cast<server_stream*>(nghttp2_session_get_stream_user_data(nghttp2_.get(), id));
}

// Each connection is counted and logged once, by the kind that tipped it over.
bool server_session::tell(abuse kind) {
    if (std::exchange(told_to_calm_down_, true))
        return false;
    const auto& counter = settings_.abuses[static_cast<std::size_t>(kind)];
    if (counter)
        counter->add(worker_.index());
    telemetry::log_debug("{} at {} is told to calm down: {}", link_.facts().address,
                         settings_.listener.name, word_for(kind));
    return true;
}

// Once a client has done too much of what costs us and brings nothing it is asked to stop, then cut
// off.
int server_session::count(abuse kind) {
    const auto level = score_.add(kind, worker_.now());
    if (level == abuse_score::level::fine)
        return 0;
    if (tell(kind))
        nghttp2_submit_goaway(nghttp2_.get(), NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(nghttp2_.get()),
                              NGHTTP2_ENHANCE_YOUR_CALM, nullptr, 0);
    cut_ = level == abuse_score::level::cut;
    return cut_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

// It is told why, and not listened to any more.
void server_session::flooded(abuse kind) {
    tell(kind);
    hurried_ = true;
    nghttp2_session_terminate_session(nghttp2_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
}

int server_session::on_frame_begins(const nghttp2_frame_hd& frame) {
    const auto has = [&](std::uint8_t flag) { return (frame.flags & flag) != 0; };
    if (frame.type != NGHTTP2_CONTINUATION)
        head_began_ = {};  // nothing comes between the frames of a header block
    switch (frame.type) {
    case NGHTTP2_DATA:
        return frame.length == 0 && !has(NGHTTP2_FLAG_END_STREAM) ? count(abuse::empty_frames) : 0;
    case NGHTTP2_HEADERS:
        if (!numbers_.take(frame.stream_id)) {
            nghttp2_session_terminate_session(nghttp2_.get(), NGHTTP2_PROTOCOL_ERROR);
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
        if (told_to_calm_down_)
            return count(abuse::refused);  // nghttp2 ignores what follows a GOAWAY
        return frame.length == 0 && !has(NGHTTP2_FLAG_END_HEADERS) ? count(abuse::empty_frames) : 0;
    case NGHTTP2_PRIORITY:
        return count(abuse::priorities);
    case NGHTTP2_RST_STREAM:
        return count(abuse::resets);
    case NGHTTP2_SETTINGS:
        return has(NGHTTP2_FLAG_ACK) ? 0 : count(abuse::settings);
    case NGHTTP2_PING:
        return has(NGHTTP2_FLAG_ACK) || score_.answer_was_earned() ? 0 : count(abuse::pings);
    case NGHTTP2_WINDOW_UPDATE:
        return score_.answer_was_earned() ? 0 : count(abuse::window_updates);
    case NGHTTP2_CONTINUATION:
        return count(abuse::continuations);
    case NGHTTP2_GOAWAY:
        return 0;
    default:
        return count(abuse::unknown_frames);
    }
}

// Handlers that still run count, whatever became of their streams: a client that resets what it
// asks for must not get more work done than one that waits (CVE-2023-44487, CVE-2025-8671).
bool server_session::may_begin_stream() const noexcept {
    const auto& bounds = settings_.bounds.h2;
    const auto under_way = running_.size() + begun_.size();
    return under_way < bounds.streams && !goaway_sent_ && !holds_too_much();
}

// Its stream is over in the middle of a block: the rest is decoded, since the compression state is
// the connection's, but for nobody. Another request may have the stream's memory by then.
void server_session::stop_reading_for(const server_stream& stream) noexcept {
    if (reading_for_ != &stream)
        return;
    reading_for_ = nullptr;
    reader_.begin_trailers(settings_.bounds, ignored_);
}

int server_session::on_headers_begin(const nghttp2_frame& frame) {
    head_began_ = worker_.now();
    const auto id = frame.hd.stream_id;
    const bool is_request = frame.headers.cat == NGHTTP2_HCAT_REQUEST;
    reading_for_ = is_request ? nullptr : stream_of(id);
    if (arriving_) {  // its head came to nothing
        nghttp2_session_set_stream_user_data(nghttp2_.get(), arriving_->id(), nullptr);
        server_.h2_streams().give(std::move(arriving_));
    }
    if (is_request && may_begin_stream()) {
        arriving_ = server_.h2_streams().take();
        arriving_->begin(*this, id);
        reading_for_ = arriving_.get();
        nghttp2_session_set_stream_user_data(nghttp2_.get(), id, reading_for_);
        const auto& listener = settings_.listener;
        reader_.begin({settings_.bounds, listener.underscore_headers, listener.path_normalize},
                      arriving_->head());
        return 0;
    }
    if (is_request)
        owed_ = {id, NGHTTP2_REFUSED_STREAM};
    reader_.begin_trailers(settings_.bounds,
                           reading_for_ != nullptr ? reading_for_->trailers() : ignored_);
    return 0;
}

// nghttp2 tells of the end of a block only while its stream is known: one that is reset in the
// middle would seem to have no end.
void server_session::pay_reset(std::int32_t id) noexcept {
    if (owed_.id == id)
        nghttp2_submit_rst_stream(nghttp2_.get(), NGHTTP2_FLAG_NONE, id, owed_.code);
    owed_ = {};
}

int server_session::on_header(nghttp2_rcbuf* name, nghttp2_rcbuf* value) {
    if (!reader_.take(text_of(*name), text_of(*value))) {
        flooded(abuse::heads);
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (reading_for_ != nullptr && reader_.keeps())
        reading_for_->keep(name, value);
    return 0;
}

void server_session::reset_malformed(std::int32_t id, server_stream* stream,
                                     std::string_view reason) {
    nghttp2_submit_rst_stream(nghttp2_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_PROTOCOL_ERROR);
    if (stream != nullptr)
        stream->malformed(reason);
}

void server_session::head_ended(const nghttp2_frame& frame) {
    auto& stream = *arriving_;
    const bool ended = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const auto how =
        reader_.end(ended ? block_end::stream_ends : block_end::stream_goes_on, stream.room());
    stream.head_bytes(reader_.bytes());
    stream.head_complete(ended);
    if (how.what == judgement::kind::good && !stream.head().upgrade.empty())
        put_websocket_key(stream.head(), server_.random(), stream.room());
    if (how.what == judgement::kind::malformed)
        reset_malformed(stream.id(), &stream, how.reason);
    begun_.push_back({std::move(arriving_), how});
}

void server_session::trailers_ended(const nghttp2_frame& frame) {
    auto* const stream = reading_for_;
    const bool ended = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const auto how =
        reader_.end_trailers(ended ? block_end::stream_ends : block_end::stream_goes_on);
    if (how.what != judgement::kind::good)
        reset_malformed(stream->id(), stream, how.reason);
    else if (!stream->received_end())
        reset_malformed(stream->id(), stream, "less content than Content-Length says");
}

int server_session::on_frame(const nghttp2_frame& frame) {
    switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
        head_began_ = {};
        if (arriving_ && reading_for_ == arriving_.get())
            head_ended(frame);
        else if (reading_for_ != nullptr)
            trailers_ended(frame);
        reading_for_ = nullptr;
        pay_reset(frame.hd.stream_id);
        return 0;
    case NGHTTP2_DATA:
        if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            if (auto* const stream = stream_of(frame.hd.stream_id);
                stream != nullptr && !stream->received_end())
                reset_malformed(stream->id(), stream, "less content than Content-Length says");
        return is_padding_alone(frame) ? count(abuse::empty_frames) : 0;
    case NGHTTP2_SETTINGS:
        settings_acked_ = settings_acked_ || (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0;
        window_changed_ = window_changed_ || changes_window(frame.settings);
        return 0;
    case NGHTTP2_PING:
        if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0 && draining_)
            go_away();  // whatever was on its way when the first GOAWAY left has come
        return 0;
    default:
        return 0;
    }
}

int server_session::on_content(std::int32_t id, byte_view bytes) {
    auto* const stream = stream_of(id);
    if (stream == nullptr) {
        nghttp2_session_consume_connection(nghttp2_.get(), bytes.size());
        return 0;
    }
    if (!stream->received(bytes)) {
        nghttp2_session_consume_connection(nghttp2_.get(), bytes.size());
        reset_malformed(id, stream, "more content than Content-Length says");
    }
    return 0;
}

void server_session::on_stream_closed(std::int32_t id) noexcept {
    auto* const stream = stream_of(id);
    if (stream == nullptr)
        return;
    stop_reading_for(*stream);
    if (arriving_.get() == stream)
        server_.h2_streams().give(std::move(arriving_));
    else
        stream->closed();
}

void server_session::goaway_went_out(const nghttp2_goaway& frame) {
    // Its answer tells that the client has seen the GOAWAY before it: only the notice of a drain
    // (RFC 9113 section 6.8) has a second one behind it.
    constexpr std::int32_t every_stream = 0x7fffffff;
    if (draining_ && !goaway_sent_ && frame.last_stream_id == every_stream)
        nghttp2_submit_ping(nghttp2_.get(), NGHTTP2_FLAG_NONE, nullptr);
    failed_ = failed_ || frame.error_code != NGHTTP2_NO_ERROR;
    // All others of ours were told before: what is left is nghttp2's own bound of entries.
    if (frame.error_code == NGHTTP2_ENHANCE_YOUR_CALM)
        tell(abuse::settings);
}

int server_session::on_sent(const nghttp2_frame& frame) {
    auto* const stream = stream_of(frame.hd.stream_id);
    switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
        score_.earned(1);
        if (stream != nullptr)
            stream->head_packed();
        break;
    case NGHTTP2_DATA:
        score_.earned(4);
        break;
    case NGHTTP2_GOAWAY:
        goaway_went_out(frame.goaway);
        return 0;
    case NGHTTP2_RST_STREAM:
        switch (frame.rst_stream.error_code) {
        case NGHTTP2_REFUSED_STREAM:
            return count(abuse::refused);
        case NGHTTP2_FLOW_CONTROL_ERROR:
            // RFC 9113 section 6.9.2: by SETTINGS it is an error of the connection.
            if (window_changed_)
                nghttp2_session_terminate_session(nghttp2_.get(), NGHTTP2_FLOW_CONTROL_ERROR);
            return count(abuse::malformed);
        case NGHTTP2_PROTOCOL_ERROR:
        case NGHTTP2_STREAM_CLOSED:
        case NGHTTP2_FRAME_SIZE_ERROR:
            return count(abuse::malformed);
        default:
            return 0;
        }
    default:
        return 0;
    }
    if (stream != nullptr && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        stream->end_packed();
    return 0;
}

ssize_t server_session::on_read(std::int32_t id, std::size_t most, std::uint32_t& flags) {
    auto* const stream = stream_of(id);
    if (stream == nullptr)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const auto offer = stream->offered(most);
    if (offer.bytes == 0 && !offer.last) {
        stream->deferred();
        return NGHTTP2_ERR_DEFERRED;
    }
    flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (!offer.last)
        return static_cast<ssize_t>(offer.bytes);
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (const auto* const trailers = stream->trailers_out()) {
        flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const auto pairs = writer_.trailers(*trailers);
        if (nghttp2_submit_trailer(nghttp2_.get(), id, pairs.data(), pairs.size()) != 0)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return static_cast<ssize_t>(offer.bytes);
}

int server_session::on_send_content(std::int32_t id, byte_view frame_head, std::size_t size) {
    if (out_.size() >= high_water)
        return NGHTTP2_ERR_WOULDBLOCK;
    auto* const stream = stream_of(id);
    if (stream == nullptr)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    out_.append(frame_head);
    stream->pack(out_, size);
    granted_ += size;
    used_at_ = worker_.now();
    return 0;
}

}  // namespace sluice::http::h2
