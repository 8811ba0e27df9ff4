# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 sections 3 to 6, frame by frame: what is right is answered, what is wrong ends the stream or the connection
with the code the RFC names, and never anything else. A test bears the number of its section."""
import struct

import pytest

from running import eventually
from wire import (COMPRESSION_ERROR, ENABLE_CONNECT_PROTOCOL, ENABLE_PUSH, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR,
                  HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, LARGEST_WINDOW, MAX_CONCURRENT_STREAMS,
                  MAX_FRAME_SIZE, NO_ERROR, PREFACE, PROTOCOL_ERROR, REFUSED_STREAM, STREAM_CLOSED, ContinuationFrame,
                  DataFrame, GoAwayFrame, HeadersFrame, PingFrame, PriorityFrame, RstStreamFrame, SettingsFrame,
                  WindowUpdateFrame, raw_frame)

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32


def settled(wire):
    """Both sides' SETTINGS are in force."""
    wire.wait(lambda: any(isinstance(one, SettingsFrame) and "ACK" in one.flags for one in wire.frames)
              and wire.settings, "SETTINGS and their acknowledgement")
    return wire


# -- 3.4 the connection preface

def test_3_4_the_servers_first_frame_is_settings(wire):
    wire.wait(lambda: wire.frames, "a frame")
    assert isinstance(wire.frames[0], SettingsFrame) and "ACK" not in wire.frames[0].flags


def test_3_4_requests_need_not_wait_for_the_servers_settings(wire):
    assert [wire.whole(wire.request()).status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("how", ["h2c", "tls"])
def test_3_4_a_preface_in_pieces_of_a_byte_is_understood(connect_wire, how):
    wire = connect_wire(how, greet=False)
    for byte in PREFACE + SettingsFrame(0).serialize():
        wire.send_bytes(bytes([byte]))
    assert wire.get().status == 200


@pytest.mark.parametrize("how", ["h2c", "tls"])
def test_3_4_preface_settings_and_a_request_in_one_packet(connect_wire, how):
    wire = connect_wire(how, greet=False)
    stream = wire.new_stream()
    wire.send(PREFACE, SettingsFrame(0), wire.headers(stream, wire.fields_of()))
    assert wire.whole(stream).status == 200


@pytest.mark.parametrize("wrong", [b"INVALID CONNECTION PREFACE\r\n\r\n", PREFACE[:-1] + b"x",
                                   b"GET / HTTP/1.1\r\n\r\n"])
def test_3_4_another_preface_on_an_h2_connection_ends_it(connect_wire, wrong):
    wire = connect_wire("tls", greet=False)
    wire.send_bytes(wrong)
    wire.wait(lambda: wire.ended, "the end of the connection")
    assert all(one.error_code == PROTOCOL_ERROR for one in wire.goaways)


def test_3_4_the_clients_first_frame_must_be_settings(connect_wire):
    wire = connect_wire(greet=False)
    wire.send(PREFACE, PingFrame(0, b"12345678"))
    wire.expect_connection_error(PROTOCOL_ERROR)


# -- 4.1 the frame format

def test_4_1_frames_of_unknown_types_are_ignored(wire):
    wire.send(raw_frame(0x77, 0xFF, 0, b"whatever"), raw_frame(0xFE, 0, 1, b""), raw_frame(0x10, 0, 0, b"\0\0\0\1u=1"))
    assert wire.get().status == 200


def test_4_1_unknown_flags_are_ignored(wire):
    wire.send(raw_frame(PING, 0xFE & ~ACK, 0, b"12345678"))
    wire.wait(lambda: any(isinstance(one, PingFrame) and one.opaque_data == b"12345678" for one in wire.frames), "PING")
    assert wire.get().status == 200


def test_4_1_the_reserved_bit_is_ignored(wire):
    wire.send(raw_frame(PING, 0, 0x80000000, b"reserved"))
    wire.wait(lambda: any(isinstance(one, PingFrame) and one.opaque_data == b"reserved" for one in wire.frames), "PING")
    wire.send(raw_frame(WINDOW_UPDATE, 0, 0, struct.pack(">L", 0x80000001)))
    assert wire.get().status == 200


# -- 4.2 frame size

def test_4_2_a_frame_of_the_largest_size_is_taken(wire):
    settled(wire)
    assert wire.settings.get(MAX_FRAME_SIZE, 16384) == 16384
    stream = wire.request(method="POST", end=False)
    wire.send(DataFrame(stream, bytes(16384), flags=["END_STREAM"]))
    assert wire.whole(stream).status == 200


@pytest.mark.parametrize("kind, flags", [(DATA, END_STREAM), (HEADERS, END_HEADERS | END_STREAM), (SETTINGS, 0),
                                         (0x77, 0)])
def test_4_2_a_larger_frame_is_a_frame_size_error(wire, kind, flags):
    settled(wire)
    size = wire.settings.get(MAX_FRAME_SIZE, 16384) + 1
    stream = wire.request(method="POST", end=False) if kind == DATA else wire.new_stream()
    wire.send(raw_frame(kind, flags, 0 if kind == SETTINGS else stream, bytes(size)))
    if kind == DATA:
        wire.expect_error(stream, FRAME_SIZE_ERROR)
    else:
        wire.expect_connection_error(FRAME_SIZE_ERROR)


@pytest.mark.parametrize("kind, payload", [(PING, b"1234567"), (PING, b"123456789"), (SETTINGS, b"12345"),
                                           (WINDOW_UPDATE, b"123"), (RST_STREAM, b"123"), (GOAWAY, b"1234567")])
def test_4_2_a_frame_too_short_for_its_type_is_a_frame_size_error(wire, kind, payload):
    stream = wire.request(method="POST", end=False) if kind in (RST_STREAM,) else 0
    wire.send(raw_frame(kind, 0, stream, payload))
    wire.expect_connection_error(FRAME_SIZE_ERROR)


# -- 4.3 header compression

@pytest.mark.parametrize("wrong", [b"\x80", b"\xff\xff\xff\x0f", b"\x40", b"\x00\x85\xff\xff\xff\xff\xff\x01a",
                                   b"\x3f\xe2\x1f", b"\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"],
                         ids=["index-0", "index-beyond", "cut-short", "huffman-eos", "size-update-too-large",
                              "integer-too-large"])
def test_4_3_a_block_that_does_not_decode_is_a_compression_error(wire, wrong):
    settled(wire)
    stream = wire.new_stream()
    wire.send(wire.headers(stream, wire.block(wire.fields_of()) + wrong))
    wire.expect_connection_error(COMPRESSION_ERROR)


def test_4_3_a_table_size_update_behind_a_field_is_a_compression_error(wire):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, wire.block(wire.fields_of()) + b"\x20"))
    wire.expect_connection_error(COMPRESSION_ERROR)


def test_4_3_a_table_size_update_at_the_start_is_fine(wire):
    wire.encoder.header_table_size = 0
    assert wire.get().status == 200
    wire.encoder.header_table_size = 4096
    assert wire.get().status == 200


def test_4_3_the_state_of_the_table_outlives_a_refused_stream(wire):
    # Upper case is malformed, and the block is decoded all the same: a later one refers to what it put into the table.
    refused = wire.new_stream()
    wire.send(wire.headers(refused, wire.block(wire.fields_of(more=[("X-Upper", "a"), ("x-kept", "indexed")]))))
    wire.expect_refused(refused)
    assert wire.get(fields=[("x-kept", "indexed")]).status == 200


@pytest.mark.parametrize("between", [DataFrame(1, b"x"), PingFrame(0, b"12345678"), SettingsFrame(0), "headers",
                                     raw_frame(0x77, 0, 0, b"unknown")],
                         ids=["data", "ping", "settings", "headers", "unknown"])
def test_4_3_nothing_may_come_between_the_frames_of_a_header_block(wire, between):
    block = wire.block(wire.fields_of())
    first, rest = block[:3], block[3:]
    if between == "headers":
        between = HeadersFrame(3, block, flags=["END_HEADERS", "END_STREAM"])
    wire.send(HeadersFrame(1, first, flags=["END_STREAM"]), between, ContinuationFrame(1, rest, flags=["END_HEADERS"]))
    wire.expect_connection_error(PROTOCOL_ERROR)


# -- 5.1 stream states

@pytest.mark.parametrize("frame", [DataFrame(1, b"x"), RstStreamFrame(1, 8), WindowUpdateFrame(1, 100),
                                   ContinuationFrame(1, b"", flags=["END_HEADERS"])],
                         ids=["data", "rst_stream", "window_update", "continuation"])
def test_5_1_idle_a_stream_begins_with_headers(wire, frame):
    wire.send(frame)
    wire.expect_connection_error(PROTOCOL_ERROR, STREAM_CLOSED)


def held(front, wire, path="/held"):
    """A stream whose answer does not come: half-closed (remote), for certain."""
    if not front.witness:
        pytest.skip("only where the test plays the node")
    front.witness.plays[path] = lambda exchange: exchange.wait_for_end()
    return wire.request(path)


@pytest.mark.parametrize("frame", ["data", "headers", "continuation"])
def test_5_1_half_closed_nothing_more_may_come_on_a_stream_that_was_ended(front, wire, frame):
    stream = held(front, wire)
    wire.send({"data": DataFrame(stream, b"x", flags=["END_STREAM"]),
               "headers": wire.headers(stream, wire.fields_of()),
               "continuation": ContinuationFrame(stream, b"", flags=["END_HEADERS"])}[frame])
    codes = (STREAM_CLOSED, PROTOCOL_ERROR) if frame == "continuation" else (STREAM_CLOSED,)
    wire.expect_error(stream, *codes)


@pytest.mark.parametrize("frame", ["window_update", "priority", "rst_stream"])
def test_5_1_half_closed_these_frames_may_come_on_an_ended_stream(front, wire, frame):
    stream = held(front, wire)
    wire.send({"window_update": WindowUpdateFrame(stream, 1), "priority": PriorityFrame(stream, 0, 10),
               "rst_stream": RstStreamFrame(stream, 8)}[frame])
    assert wire.get().status == 200


@pytest.mark.parametrize("frame", ["data", "headers"])
def test_5_1_closed_by_its_end_nothing_more_may_come(wire, frame):
    stream = wire.request()
    wire.whole(stream)
    wire.send(DataFrame(stream, b"x") if frame == "data" else wire.headers(stream, wire.fields_of()))
    wire.expect_error(stream, STREAM_CLOSED)


@pytest.mark.parametrize("frame", ["data", "headers"])
def test_5_1_closed_by_the_clients_reset_nothing_more_may_come(wire, frame):
    stream = wire.request(method="POST", end=False)
    wire.send(RstStreamFrame(stream, 8),
              DataFrame(stream, b"x") if frame == "data" else wire.headers(stream, wire.fields_of()))
    wire.expect_error(stream, STREAM_CLOSED)


@pytest.mark.parametrize("frame", ["window_update", "rst_stream", "priority"])
def test_5_1_closed_what_may_have_been_under_way_is_no_error(wire, frame):
    stream = wire.request()
    wire.whole(stream)
    wire.send({"window_update": WindowUpdateFrame(stream, 1), "rst_stream": RstStreamFrame(stream, 8),
               "priority": PriorityFrame(stream, 0, 10)}[frame])
    assert wire.get().status == 200


def test_5_1_headers_reset_and_data_in_one_packet(wire):
    # What is under way when a stream ends must not meet what is left of it (the sanitizers watch).
    for _ in range(20):
        stream = wire.new_stream()
        wire.send(wire.headers(stream, wire.fields_of("POST"), end=False), DataFrame(stream, b"x"),
                  RstStreamFrame(stream, 8))
    assert wire.get().status == 200


@pytest.mark.parametrize("stream", [2, 0x7FFFFFFE])
def test_5_1_1_even_stream_identifiers_are_not_the_clients(wire, stream):
    wire.send(wire.headers(stream, wire.fields_of()))
    wire.expect_connection_error(PROTOCOL_ERROR)


def test_5_1_1_identifiers_must_grow(wire):
    wire.send(wire.headers(5, wire.fields_of()))
    wire.whole(5)
    wire.send(wire.headers(3, wire.fields_of()))
    wire.expect_connection_error(PROTOCOL_ERROR)


def test_5_1_1_identifiers_may_be_skipped_up_to_the_last_one(wire):
    for stream in (1, 101, 2**30 + 1, LARGEST_WINDOW):
        wire.send(wire.headers(stream, wire.fields_of()))
        assert wire.whole(stream).status == 200


def test_5_1_2_streams_beyond_the_announced_number_are_refused(front, wire):
    # Whoever goes on although our SETTINGS were acknowledged may lose the whole connection (5.4).
    settled(wire)
    most = wire.settings[MAX_CONCURRENT_STREAMS]
    assert most == 100
    streams = [held(front, wire) for _ in range(most)]
    over = wire.request()
    wire.expect_error(over, REFUSED_STREAM, PROTOCOL_ERROR)
    assert front.witness.at("/") == [] or not wire.answer(over).status
    assert not any(wire.answer(one).ended for one in streams)


def test_5_1_2_a_client_that_has_not_seen_the_bound_yet_loses_that_stream_alone(front, connect_wire):
    wire = connect_wire(acknowledge=False)
    streams = [held(front, wire) for _ in range(100)]
    over = wire.request()
    wire.expect_stream_error(over, REFUSED_STREAM)
    assert not any(wire.answer(one).over for one in streams)
    wire.send(*(RstStreamFrame(one, 8) for one in streams))
    # Until their handlers have heard of it the places are taken: who asks at once may have to ask again.
    for _ in range(20):
        again = wire.request()
        wire.wait(lambda one=again: wire.answer(one).over, "an answer")
        if wire.answer(again).reset != REFUSED_STREAM:
            break
    assert wire.answer(again).status == 200


def test_5_1_2_a_stream_that_ended_makes_room(front, wire):
    settled(wire)
    streams = [held(front, wire) for _ in range(100)]
    wire.send(RstStreamFrame(streams[0], 8))

    def served():
        # Refused as long as the node works on for the one that was reset (CVE-2023-44487), and no longer.
        stream = wire.request()
        wire.wait(lambda: wire.answer(stream).over, "an answer or a refusal")
        assert wire.answer(stream).reset in (None, REFUSED_STREAM)
        return wire.answer(stream).status == 200
    eventually(served, "room for another stream")


# -- 5.3 priority: deprecated, and nothing of it may hurt

def test_5_3_2_priority_frames_on_idle_open_and_closed_streams_are_ignored(front, wire):
    stream = held(front, wire)
    wire.send(PriorityFrame(99, 0, 1), PriorityFrame(stream, 99, 255, True), RstStreamFrame(stream, 8),
              PriorityFrame(stream, 0, 3))
    assert wire.get().status == 200


def test_5_3_2_priority_in_headers_is_ignored(wire):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, wire.fields_of(), "PRIORITY", depends_on=0, stream_weight=200, exclusive=True))
    assert wire.whole(stream).status == 200


def test_5_3_2_the_priority_field_passes_to_the_node(front, wire):
    wire.get("/urgent", fields=[("priority", "u=1, i")])
    if front.witness:
        assert front.witness.at("/urgent")[-1].one("priority") == "u=1, i"


# -- 5.4 errors

def test_5_4_1_a_connection_error_tells_the_last_stream_it_knew(wire):
    wire.get()
    last = wire.request()
    wire.whole(last)
    wire.send(raw_frame(PING, 0, 0, b"short"))
    wire.expect_connection_error(FRAME_SIZE_ERROR)
    assert wire.goaways[-1].last_stream_id == last


def test_5_4_2_an_error_of_one_stream_leaves_the_others_alone(front, wire):
    other = held(front, wire)
    stream = wire.request(method="POST", end=False)
    wire.send(WindowUpdateFrame(stream, LARGEST_WINDOW))
    wire.expect_stream_error(stream, FLOW_CONTROL_ERROR)
    assert not wire.answer(other).over
    assert wire.get().status == 200


def test_5_5_an_unknown_setting_is_ignored(connect_wire):
    wire = connect_wire(settings={0x0A0A: 1, 0xFFFF: 0xFFFFFFFF})
    settled(wire)
    assert wire.get().status == 200


# -- 6.1 DATA

@pytest.mark.parametrize("frame", [raw_frame(DATA, 0, 0, b"x"), raw_frame(HEADERS, END_HEADERS, 0, b"\x82"),
                                   raw_frame(PRIORITY, 0, 0, bytes(5)), raw_frame(RST_STREAM, 0, 0, bytes(4)),
                                   raw_frame(CONTINUATION, END_HEADERS, 0, b""), raw_frame(SETTINGS, 0, 1),
                                   raw_frame(PING, 0, 1, bytes(8)), raw_frame(GOAWAY, 0, 1, bytes(8))],
                         ids=["6.1-data", "6.2-headers", "6.3-priority", "6.4-rst_stream", "6.10-continuation",
                              "6.5-settings", "6.7-ping", "6.8-goaway"])
def test_6_frames_of_streams_and_of_the_connection_are_told_apart(wire, frame):
    wire.send(frame)
    wire.expect_connection_error(PROTOCOL_ERROR)


def test_6_1_padding_is_taken_off(front, wire):
    stream = wire.request("/padded", method="POST", end=False)
    wire.send(DataFrame(stream, b"he", pad_length=255, flags=["PADDED"]),
              DataFrame(stream, b"", pad_length=3, flags=["PADDED"]),
              DataFrame(stream, b"llo!", pad_length=0, flags=["PADDED", "END_STREAM"]))
    assert wire.whole(stream).status == 200
    if front.witness:
        assert front.witness.at("/padded")[-1].body == b"hello!"


def test_6_1_padding_counts_and_its_credit_comes_back(wire):
    # 2 MiB of padding around 8 KiB: a side that forgets the padding stops giving credit long before.
    settled(wire)
    stream = wire.request(method="POST", end=False)
    for _ in range(8192):
        wire.wait(lambda: min(wire.windows[0], wire.windows[stream]) >= 257, "credit")
        wire.windows[0] -= 257
        wire.windows[stream] -= 257
        wire.send(DataFrame(stream, b"x", pad_length=255, flags=["PADDED"]))
    wire.send(DataFrame(stream, b"", flags=["END_STREAM"]))
    wire.whole(stream)


@pytest.mark.parametrize("kind, payload", [(DATA, b"\x06hello"), (DATA, b"\xff"), (HEADERS, b"\x05\x82\x86\x84\x41"),
                                           (HEADERS, b"\xff")])
def test_6_1_and_6_2_padding_longer_than_the_frame_is_a_protocol_error(wire, kind, payload):
    stream = wire.request(method="POST", end=False) if kind == DATA else wire.new_stream()
    wire.send(raw_frame(kind, PADDED | END_STREAM | (END_HEADERS if kind == HEADERS else 0), stream, payload))
    wire.expect_connection_error(PROTOCOL_ERROR)


# -- 6.2 HEADERS

def test_6_2_padded_headers_are_understood(wire):
    stream = wire.new_stream()
    wire.send(wire.headers(stream, wire.fields_of(), "PADDED", pad_length=200))
    assert wire.whole(stream).status == 200


# -- 6.3 PRIORITY, 6.4 RST_STREAM

def test_6_3_a_priority_frame_of_another_length_is_an_error_of_its_stream(wire):
    stream = wire.request(method="POST", end=False)
    wire.send(raw_frame(PRIORITY, 0, stream, bytes(4)))
    wire.expect_error(stream, FRAME_SIZE_ERROR)


def test_6_4_a_reset_stream_gets_nothing_more(front, wire):
    stream = held(front, wire)
    wire.send(RstStreamFrame(stream, 8))
    wire.expect_alive()
    count = len(wire.frames)
    assert wire.get().status == 200
    assert not [one for one in wire.frames[count:] if one.stream_id == stream]


# -- 6.5 SETTINGS

def test_6_5_what_the_server_announces(wire):
    settled(wire)
    assert wire.settings.get(ENABLE_PUSH, 0) == 0
    assert wire.settings.get(MAX_CONCURRENT_STREAMS) == 100
    assert wire.settings.get(INITIAL_WINDOW_SIZE, 65535) in (65535, 65536)
    assert wire.settings.get(HEADER_TABLE_SIZE, 4096) <= 65536
    assert wire.settings.get(ENABLE_CONNECT_PROTOCOL) == 1


def test_6_5_an_acknowledgement_with_a_payload_is_a_frame_size_error(wire):
    wire.send(raw_frame(SETTINGS, ACK, 0, bytes(6)))
    wire.expect_connection_error(FRAME_SIZE_ERROR)


def test_6_5_3_each_settings_frame_is_acknowledged_once(wire):
    settled(wire)
    before = len([one for one in wire.frames if isinstance(one, SettingsFrame) and "ACK" in one.flags])
    wire.send(SettingsFrame(0), SettingsFrame(0, settings={MAX_FRAME_SIZE: 20000}))
    wire.expect_alive()
    after = len([one for one in wire.frames if isinstance(one, SettingsFrame) and "ACK" in one.flags])
    assert after - before == 2


@pytest.mark.parametrize("name, value, code", [
    (ENABLE_PUSH, 2, PROTOCOL_ERROR), (INITIAL_WINDOW_SIZE, 2**31, FLOW_CONTROL_ERROR),
    (MAX_FRAME_SIZE, 16383, PROTOCOL_ERROR), (MAX_FRAME_SIZE, 2**24, PROTOCOL_ERROR)])
def test_6_5_2_values_out_of_bounds_are_connection_errors(wire, name, value, code):
    wire.send(raw_frame(SETTINGS, 0, 0, struct.pack(">HL", name, value)))
    wire.expect_connection_error(code)


def test_6_5_2_no_table_for_the_servers_compression_is_obeyed(connect_wire):
    wire = connect_wire(settings={HEADER_TABLE_SIZE: 0})
    wire.decoder.max_allowed_table_size = 0
    wire.decoder.header_table_size = 0
    for _ in range(3):
        assert wire.get().status == 200
    assert not wire.decoder.header_table.dynamic_entries


def test_6_5_3_the_last_of_two_values_counts(connect_wire):
    wire = connect_wire(greet=False)
    twice = struct.pack(">HLHL", INITIAL_WINDOW_SIZE, 100, INITIAL_WINDOW_SIZE, 2)
    wire.send(PREFACE, raw_frame(SETTINGS, 0, 0, twice))
    wire.credit = False
    stream = wire.request()
    wire.wait(lambda: wire.answer(stream).body, "the first bytes")
    wire.expect_alive()
    assert len(wire.answer(stream).body) == 2


# -- 6.6 PUSH_PROMISE

def test_6_6_a_client_cannot_promise(wire):
    stream = wire.request(method="POST", end=False)
    wire.send(raw_frame(PUSH_PROMISE, END_HEADERS, stream, struct.pack(">L", 2) + wire.block(wire.fields_of())))
    wire.expect_connection_error(PROTOCOL_ERROR)


# -- 6.7 PING

def test_6_7_ping_is_answered_with_the_same_bytes_and_answers_are_not(wire):
    wire.send(PingFrame(0, b"not ours", flags=["ACK"]), PingFrame(0, b"question"))
    wire.wait(lambda: [one for one in wire.frames if isinstance(one, PingFrame)], "PING")
    pings = [one for one in wire.frames if isinstance(one, PingFrame)]
    assert [(one.opaque_data, set(one.flags)) for one in pings] == [(b"question", {"ACK"})]


# -- 6.8 GOAWAY

def test_6_8_a_client_that_goes_away_still_gets_what_it_asked_for(front, wire):
    stream = wire.request("/bytes/100000" if front.witness else "/")
    wire.send(GoAwayFrame(0, 0, NO_ERROR))
    assert wire.whole(stream).status == 200


# -- 6.9 WINDOW_UPDATE and flow control

def test_6_9_an_increment_of_zero_on_a_stream_is_its_error(wire):
    stream = wire.request(method="POST", end=False)
    wire.send(raw_frame(WINDOW_UPDATE, 0, stream, bytes(4)))
    wire.expect_error(stream, PROTOCOL_ERROR)


def test_6_9_an_increment_of_zero_on_the_connection_is_its_error(wire):
    wire.send(raw_frame(WINDOW_UPDATE, 0, 0, bytes(4)))
    wire.expect_connection_error(PROTOCOL_ERROR)


def test_6_9_1_a_window_of_the_connection_beyond_the_largest_is_its_error(wire):
    wire.send(WindowUpdateFrame(0, LARGEST_WINDOW), WindowUpdateFrame(0, LARGEST_WINDOW))
    wire.expect_connection_error(FLOW_CONTROL_ERROR)


def test_6_9_1_data_beyond_the_window_of_a_stream_is_a_flow_control_error(front, wire):
    # Until the buffers of the kernel are full too: up to there the proxy gives credit, and rightly.
    stream = held_upload(front, wire)
    for _ in range(2000):
        wire.send(DataFrame(stream, bytes(16384)))
        while wire.step(0):
            pass
        if wire.ended or wire.answer(stream).reset is not None:
            break
    wire.wait(lambda: wire.ended or wire.answer(stream).reset is not None, "an error")
    codes = {wire.answer(stream).reset, *(one.error_code for one in wire.goaways)}
    assert FLOW_CONTROL_ERROR in codes, codes


def held_upload(front, wire):
    """A request whose body nobody reads at the node: no credit comes for what the proxy cannot pass on."""
    if not front.witness:
        pytest.skip("only where the test plays the node")
    settled(wire)
    front.witness.plays["/unread"] = lambda exchange: exchange.wait_for_test()
    return wire.request("/unread", method="POST", end=False)


def test_6_9_2_no_window_then_one(connect_wire):
    wire = connect_wire(settings={INITIAL_WINDOW_SIZE: 0}, credit=False)
    stream = wire.request()
    assert wire.head(stream).status == 200
    wire.expect_alive()
    assert not wire.answer(stream).body
    wire.send(WindowUpdateFrame(stream, 1))
    wire.wait(lambda: wire.answer(stream).body, "a byte")
    wire.expect_alive()
    assert len(wire.answer(stream).body) == 1
    wire.send(SettingsFrame(0, settings={INITIAL_WINDOW_SIZE: 65535}))
    assert wire.whole(stream).status == 200


def test_6_9_2_a_window_may_become_negative(connect_wire):
    wire = connect_wire(settings={INITIAL_WINDOW_SIZE: 3}, credit=False)
    stream = wire.request()
    wire.wait(lambda: len(wire.answer(stream).body) == 3, "three bytes")
    wire.send(SettingsFrame(0, settings={INITIAL_WINDOW_SIZE: 0}))          # -3
    wire.send(WindowUpdateFrame(stream, 3))                                  # 0
    wire.expect_alive()
    assert len(wire.answer(stream).body) == 3
    wire.send(WindowUpdateFrame(stream, 1))
    wire.wait(lambda: len(wire.answer(stream).body) == 4, "the fourth byte")
    wire.expect_alive()
    assert len(wire.answer(stream).body) == 4


def test_6_9_2_settings_that_overflow_the_window_of_an_open_stream_are_an_error(front, wire):
    stream = held(front, wire)
    wire.send(WindowUpdateFrame(stream, LARGEST_WINDOW - 65535))
    wire.send(SettingsFrame(0, settings={INITIAL_WINDOW_SIZE: LARGEST_WINDOW}))
    wire.expect_connection_error(FLOW_CONTROL_ERROR)


def test_6_9_1_an_empty_data_frame_needs_no_window(connect_wire):
    # A body without bytes ends although there is no credit at all.
    wire = connect_wire(settings={INITIAL_WINDOW_SIZE: 0})
    stream = wire.request(method="HEAD")
    assert wire.whole(stream).status == 200


# -- 6.10 CONTINUATION

@pytest.mark.parametrize("sizes", [(1, 1, 1), (3,), (0, 5, 0)])
def test_6_10_a_header_block_in_pieces_is_put_together(wire, sizes):
    block = wire.block(wire.fields_of(more=[("x-long", "y" * 300)]))
    stream = wire.new_stream()
    frames = [HeadersFrame(stream, block[:1], flags=["END_STREAM"])]
    at = 1
    for size in sizes:
        frames.append(ContinuationFrame(stream, block[at:at + size]))
        at += size
    wire.send(*frames, ContinuationFrame(stream, block[at:], flags=["END_HEADERS"]))
    assert wire.whole(stream).status == 200


@pytest.mark.parametrize("before", ["nothing", "whole-headers", "data", "another-stream"])
def test_6_10_a_continuation_of_nothing_is_a_protocol_error(wire, before):
    stream = wire.new_stream()
    more = ContinuationFrame(stream, wire.block([("x", "y")]), flags=["END_HEADERS"])
    if before == "whole-headers":
        wire.send(wire.headers(stream, wire.fields_of(), end=False))
    elif before == "data":
        wire.send(wire.headers(stream, wire.fields_of("POST"), end=False), DataFrame(stream, b"x"))
    elif before == "another-stream":
        wire.send(HeadersFrame(stream + 2, wire.block(wire.fields_of())[:2], flags=["END_STREAM"]))
    wire.send(more)
    wire.expect_connection_error(PROTOCOL_ERROR)
