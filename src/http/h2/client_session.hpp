// SPDX-License-Identifier: Apache-2.0
// One HTTP/2 connection to a node, shared by the exchanges that have a stream on it. nghttp2 knows
// the protocol, this moves its bytes: one coroutine reads, one writes what all streams have to say
// in one piece a turn of the loop. Owned by upstream/node_pool.
#pragma once

#include "http/h2/client_request.hpp"
#include "http/h2/client_stream.hpp"
#include "http/h2/node_manners.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/runtime/gate.hpp"
#include "sluice/runtime/task.hpp"

#include <boost/smart_ptr/local_shared_ptr.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

struct nghttp2_session;

namespace sluice::http::h2 {

class client_session {
public:
    using pointer = boost::local_shared_ptr<client_session>;
    using stream_pointer = std::unique_ptr<client_stream>;

    /// Who keeps the connection.
    class owner {
    public:
        /// There is room for more streams or for none any more, or the connection is lost.
        virtual void on_change(client_session&) noexcept = 0;

    protected:
        ~owner() = default;
    };

    /// No connection carries more streams at once, whatever the node allows: 100 clients lose
    /// their answers with it, no more.
    static constexpr std::size_t most_streams = 100;
    /// What a node may send of one response before any of it was taken; grows while it is taken
    /// faster than it comes.
    static constexpr std::int32_t first_window = 64 * 1024;
    static constexpr std::int32_t largest_window = 1024 * 1024;
    /// How long the node may take nothing of what it is sent.
    static constexpr std::chrono::seconds write_idle{30};

    /// Begins to speak over a connected stream. `keeper` outlives it or calls leave().
    static pointer start(std::unique_ptr<net::stream> connected, owner& keeper);
    ~client_session();
    client_session(const client_session&) = delete;
    client_session& operator=(const client_session&) = delete;

    /// Whether a stream may be opened now. One alone until the node has said how many it allows:
    /// those beyond would be refused.
    bool has_room() const noexcept;
    /// How many streams may be open at once.
    std::size_t most_allowed() const noexcept;
    /// Its node has not yet said what it allows.
    bool greeting() const noexcept { return !settings_seen_ && !lost_ && !over_; }
    /// No stream will be opened any more: the node said so, or the connection is lost.
    bool retired() const noexcept;
    std::size_t active() const noexcept { return active_; }
    /// A stream for one exchange: to be given back by take_back().
    static stream_pointer open(const pointer& on);
    /// One that is not over at both ends is cancelled.
    void take_back(stream_pointer) noexcept;

    /// Asks whether the node is still there; there is no room until it answers.
    void probe();
    bool probing() const noexcept { return probing_; }
    time_point probed() const noexcept { return probed_; }
    /// The node is gone, as far as anybody can tell: all streams break.
    void abandon(std::string_view why) noexcept;
    /// When the node was last heard.
    time_point heard() const noexcept { return heard_; }
    time_point made() const noexcept { return made_; }

    /// Its owner is done with it: says goodbye and closes. Streams that are left break.
    void leave() noexcept;

    /// What TLS says about its own end, for logs; empty on plain connections and sound ones.
    std::string_view tls_failure() const noexcept;

private:
    friend class client_stream;
    friend struct client_callbacks;
    struct nghttp2_free {
        void operator()(nghttp2_session*) const noexcept;
    };
    struct place {
        std::int32_t id;
        client_stream* stream;
    };

    explicit client_session(std::unique_ptr<net::stream>, owner&);
    void greet();

    // For streams.
    bool submit(client_stream&, const outgoing_request&);
    void send(client_stream&);
    void send_trailers(client_stream&);
    void give_credit(client_stream&, std::size_t bytes) noexcept;
    std::int32_t widen(client_stream&, std::int32_t window) noexcept;
    bool has_delivered(std::uint64_t up_to) const noexcept;
    bool has_written(std::uint64_t at) const noexcept { return written_ > at; }

    // For nghttp2.
    client_stream* find(std::int32_t id) const noexcept;
    void settings_came() noexcept;
    void node_goes_away() noexcept { going_away_ = changed_ = true; }
    void probe_answered() noexcept;

    static runtime::task<> read_on(pointer self);
    static runtime::task<> write_on(pointer self);
    runtime::task<> write_all();
    net::io_result read();
    void take_in();
    bool answers_pile_up() const noexcept;
    void gather();
    void tell_packed() noexcept;
    bool write_once();
    void want_write() noexcept { wanted_.raise(); }
    void lose(errc, std::string_view stage) noexcept;
    void end_waits() noexcept;
    void tell_owner() noexcept;
    errc why_closed() const noexcept;

    std::unique_ptr<net::stream> socket_;
    owner* owner_;
    runtime::worker& worker_;
    runtime::gate wanted_;  // something is to be written
    std::unique_ptr<nghttp2_session, nghttp2_free> speaks_;
    byte_buffer in_;
    byte_buffer out_;
    client_request writer_;
    std::vector<place> live_;  // by id
    std::vector<stream_pointer> spare_;
    node_manners manners_;
    std::size_t active_ = 0;
    std::size_t widened_ = 0;    // what all streams were granted beyond their first window
    std::uint64_t queued_ = 0;   // bytes that went through out_
    std::uint64_t written_ = 0;  // and were taken by the kernel
    std::int32_t packed_ = 0;    // whose HEADERS or DATA frame nghttp2 packed last
    time_point made_;
    time_point heard_;
    time_point probed_{};
    bool settings_seen_ = false;
    bool going_away_ = false;
    bool probing_ = false;
    bool reads_fill_ = false;  // the last read took all the room there was
    bool write_broken_ = false;
    bool violated_ = false;       // we said goodbye because of what the node sent
    bool node_at_fault_ = false;  // the connection is lost by what the node did or did not do
    bool lost_ = false;
    bool over_ = false;  // the coroutines end
    bool changed_ = false;
};

}  // namespace sluice::http::h2
