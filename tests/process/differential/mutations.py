# SPDX-License-Identifier: Apache-2.0
"""The mutations: for every kind of row in the table of malformed requests one, beside legal variants.

Each takes a request with a body whose length nobody has said yet, and returns it with something wrong, odd or unusual.
"""
from .draft import CRLF, METHODS, set_chunked, set_length

LENGTHS = [
    b"+5", b"-1", b"0x5", b"", b"5 5", b"5, 5", b"5,", b"18446744073709551621", b"18446744073709551615",
    b"9223372036854775808", b"5;", b"5.0", b"\t5", b"5\t ", b"00000000000000000000005", b"005", b"\x0b5", b"1e1",
    b"\xd9\xa5", b"_5", b"1_0",
]
CODINGS = [
    b"gzip", b"identity", b"xchunked", b'"chunked"', b"chunked, identity", b"chunked, chunked", b"gzip, chunked",
    b"chunked;p=1", b"\x0bchunked", b"\tchunked", b"chunked\t", b"Chunked", b"CHUNKED", b"chunked,", b",chunked",
    b", , chunked", b"", b"chunked\x00", b"chun\tked", b"chunked chunked", b"identity, chunked", b"\xa0chunked",
    b"chunKed ", b"gzip;q=1, chunked", b"x chunked", b"trailers", b"deflate,gzip",
]
CODING_NAMES = [
    b"Transfer-Encoding : ", b"Transfer-Encoding\t: ", b"Transfer_Encoding: ", b"transfer-encoding:",
    b"TRANSFER-ENCODING: ", b" Transfer-Encoding: ", b"Transfer-Encoding:\t", b"Transfer-Encoding\x00: ",
    b"X: y\nTransfer-Encoding: ", b"X: y\rTransfer-Encoding: ", b"Transfer-Encoding:\r\n ",
    b"X: y\r\n Transfer-Encoding: ", b"Transfer Encoding: ", b"Transfer-Encoding;: ", b":Transfer-Encoding: ",
]
LENGTH_NAMES = [
    b"Content_Length: ", b"Content-Length : ", b"content-length:", b"CONTENT-LENGTH:  ", b"Content-Length\x00: ",
    b"Content-Length:\r\n ", b" Content-Length: ", b"X: y\nContent-Length: ", b"Content-Length:\t",
    b"Content-length: ", b"Content-Length\xc2\xa0: ",
]


def length_value(draft, chance):
    set_length(draft, chance.choice(LENGTHS))
    return draft


def length_name(draft, chance):
    set_length(draft, name=chance.choice(LENGTH_NAMES))
    return draft


def two_lengths(draft, chance):
    set_length(draft)
    set_length(draft, chance.choice([None, b"0", b"3"]))
    return draft


def wrong_length(draft, chance):
    set_length(draft, b"%d" % max(0, len(draft.body) + chance.choice([-len(draft.body), -5, -2, -1, 1, 2, 30])))
    return draft


def coding_value(draft, chance):
    set_chunked(draft, chance, b"Transfer-Encoding: " + chance.choice(CODINGS))
    return draft


def coding_name(draft, chance):
    set_chunked(draft, chance, chance.choice(CODING_NAMES) + b"chunked")
    return draft


def two_codings(draft, chance):
    set_chunked(draft, chance)
    draft.fields.append(b"Transfer-Encoding: " + chance.choice([b"chunked", b"identity", b"gzip", b""]))
    chance.shuffle(draft.fields)
    return draft


def both_framings(draft, chance):
    set_length(draft, chance.choice([None, b"0", b"5", b"+5", b"3, 3"]))
    set_chunked(draft, chance, b"Transfer-Encoding: " + chance.choice([b"chunked", chance.choice(CODINGS)]))
    chance.shuffle(draft.fields)
    return draft


def chunk_size(draft, chance):
    set_chunked(draft, chance)
    draft.size = chance.choice([
        "0x%x", "+%x", "-%x", "%X", "0%x", "000000000000%x", "0000000000000000%x", "%x ", " %x", "%x\t", "%x_",
        "%xg", "\x0b%x", "1000000000000000%x", "%d", "%x,",
    ])
    return draft


def chunk_extension(draft, chance):
    set_chunked(draft, chance)
    draft.extension = chance.choice([
        b";a", b";a=b", b" ;a=b", b";a=\"b;c\"", b"; a = b", b";a\n", b";\x00", b";a=\"\r\n5\r\n\"",
        b";" + b"x" * 900, b";" + b"x" * 1100, b";\x80", b";", b";a\rb", b"\t;a", b";;", b" a", b";a=\"",
        b";\n0\r\n\r\n", b"\x0c",
    ])
    return draft


def chunk_ends(draft, chance):
    set_chunked(draft, chance)
    where = chance.randrange(4)
    odd = chance.choice([b"\n", b"\r", b"", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\x00\r\n", b" \r\n"])
    if where == 0:
        draft.chunk_end = odd
    elif where == 1:
        draft.last_chunk = b"0" + odd
    elif where == 2:
        draft.body_end = odd
    else:
        draft.last_chunk = chance.choice([
            b"00\r\n", b"0000000000000000\r\n", b"0;a\r\n", b"0 \r\n", b"-0\r\n", b"0x0\r\n", b"\r\n", b"",
            b"00000000000000000\r\n", b"0\n\r\n", b"g\r\n",
        ])
    return draft


def trailers(draft, chance):
    set_chunked(draft, chance)
    draft.trailers = b"".join(chance.choices([
        b"Content-Length: 5\r\n", b"Host: evil\r\n", b"Authorization: x\r\n", b"Transfer-Encoding: chunked\r\n",
        b"X: y\r\n", b"X : y\r\n", b"X: y\n", b"X\r\n", b" folded\r\n", b"X: \x00\r\n", b": x\r\n",
        b"Connection: close\r\n", b"X-Request-Id: trailer\r\n", b"GET / HTTP/1.1\r\n", b"X: y\r",
        b"Content_Length: 5\r\n",
    ], k=chance.choice([1, 1, 2, 3, 200])))
    return draft


FIELDS = [
    b"X: a\rb", b"X: a\x00b", b"X: \x01", b"X: \x7f", b": empty", b"no colon", b"X Y: z", b"X:", b"X:  z  ",
    b"X:\tz", b"X: \xff\xfe", b"X\xff: y", b"X(: y", b"X: y\r\n folded", b"X: y\r\n\tfolded", b"X: y\r\n ",
    b"X: y\nZ: y", b" X: y", b"\tX: y", b"X: y\r\n", b"Host: b.test", b"host: a.test", b"Host : a.test",
    b"Host_: a.test", b"Connection: X-Request-Id", b"Connection: close, X-Auth", b"Connection: Content-Length",
    b"Connection: Host", b"Connection: Transfer-Encoding", b"Connection: keep-alive", b"Connection:",
    b"Connection: ,,x", b"Keep-Alive: timeout=5", b"Proxy-Connection: close", b"TE: trailers", b"TE: gzip",
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings",
    b"Upgrade: websocket\r\nConnection: Upgrade", b"Upgrade: foo\r\nConnection: upgrade", b"Expect: 100-continue",
    b"Expect: 100-Continue", b"Expect: other", b"Expect:", b"X-Forwarded-For: 9.9.9.9",
    b"X_Forwarded_For: 9.9.9.9", b"X-Request-Id: mine", b"X_Request_Id: mine", b"X-Request-Id : mine",
    b"Max-Forwards: 0", b"Cookie: a=b\r\nCookie: c=d", b"Content-Encoding: gzip", b"Trailer: X",
    b"Forwarded: for=x", b"X: " + b"v" * 9000, b"X" * 400 + b": y", b"Transfer-Encoding2: chunked",
    b"X-Content-Length: 9", b"Content-Length-X: 9", b"Sec-WebSocket-Key: x",
]


def field(draft, chance):
    draft = framed(draft, chance)
    draft.fields.insert(chance.randint(0, len(draft.fields)), chance.choice(FIELDS))
    return draft


HOSTS = [
    [], [b"Host:"], [b"Host: a@b/c"], [b"Host: a b"], [b"Host: a.test", b"Host: b.test"],
    [b"Host: a.test", b"Host: a.test"], [b"Host: a.test:80"], [b"Host: a.test:x"], [b"Host: [::1]"],
    [b"Host: [::1"], [b"Host: A.TEST."], [b"Host: a,b"], [b"Host: a\tb"], [b"host:a.test"],
    [b"Host: a.test\r\n b"], [b"Host: a_b.test"], [b"Host: a%20b"], [b"Host: a.test:99999"],
]


def host(draft, chance):
    draft = framed(draft, chance)
    draft.fields = [*chance.choice(HOSTS), *draft.fields[1:]]
    return draft


def line_ends(draft, chance):
    draft = framed(draft, chance)
    kind = chance.randrange(4)
    if kind == 0:
        draft.line_end = draft.head_end = b"\n"
    elif kind == 1:
        draft.head_end = chance.choice([b"\n", b"\r", b"\r\r\n", b"\n\r\n", b" \r\n", b"\x00\r\n", b"\r\n\r\n"])
    elif kind == 2:
        draft.line_end = chance.choice([b"\r", b"\n", b"\r\r\n", b"\n\r", b" \r\n", b"\x0b\r\n"])
    else:
        at = chance.randrange(len(draft.fields))
        draft.fields[at] += chance.choice([b"\n", b"\r", b" ", b"\t"]) + chance.choice([b"X: y", b""])
    return draft


def start(draft, chance):
    draft = framed(draft, chance)
    kind = chance.randrange(4)
    if kind == 0:
        draft.method = chance.choice([
            b"get", b"G ET", b"", b"GET\x00", b"CONNECT", b"TRACE", b"FOO", b"PRI", b"G\xc3", b"M-SEARCH",
            b"PROPFIND", b"@", b"POST:", b"Get", b"X" * 40, b" GET", b"\tGET", b"PURGE",
        ])
    elif kind == 1:
        draft.version = chance.choice([
            b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.10", b"http/1.1", b"HTTP/1",
            b"HTTP/1.1 ", b"HTTP/ 1.1", b"", b"HTTP/1.1\t", b"HTTP/01.1", b"HTTP/1.9", b"HTP/1.1", b"HTTP/1,1",
        ])
        if draft.version == b"HTTP/1.0" and chance.random() < 0.5:
            draft.fields.append(b"Connection: keep-alive")
    elif kind == 2:
        draft.gap = chance.choice([b"\t", b"  ", b" \t", b"\x0b", b"\x0c", b"\r", b"\xa0"])
    else:
        draft.before = chance.choice([CRLF, b"\n", CRLF * 2, b" ", b"\r", b"\x00", b"\t\r\n", CRLF * 9])
    return draft


TARGETS = [
    b"%s#x", b"http://a.test%s", b"http://b.test%s", b"HTTP://a.test:80%s", b"https://a.test%s", b"http://a.test",
    b"http://u@a.test%s", b"*", b"%s/../x", b"%s/%%2e%%2E/x", b"%s%%2fx", b"%s%%5cx", b"/%s", b"%s;x/../y",
    b"%s%%00", b"%s%%25%%32%%66", b"%s%%zz", b"%s%%c0%%ae", b"%s\xff", b"%s x", b"%s?q=1", b"%s?#", b"%s?a b",
    b"%s?%%0d%%0aX: y", b"%s%%0d%%0aX:%%20y", b"%s/./y", b"/../../etc%s", b"%s/.%%2e", b"%s%%", b"%s?%%",
    b"%s\x00", b"%s\\x", b"%s?" + b"q" * 3000, b"%s%%41%%7e", b"%s??", b"%s|", b"%s\"<>", b"ftp://a.test%s",
    b"//a.test%s", b"%s/HTTP/1.1", b"%s?a=HTTP/1.1", b"%s%%ff", b"%s%%C3%%A9", b"a.test:80", b"%s{}", b"%s^`",
]


def target(draft, chance):
    draft = framed(draft, chance)
    pattern = chance.choice(TARGETS)
    draft.target = pattern % draft.target if b"%s" in pattern else pattern
    if draft.target == b"*":
        draft.method = b"OPTIONS"
    return draft


def legal_variant(draft, chance):
    """Odd to look at and right all the same: these must reach the nodes and be read alike."""
    if chance.random() < 0.5:
        set_length(draft, name=chance.choice([b"content-length:", b"CONTENT-LENGTH:\t ", b"Content-Length: 000"]))
    else:
        set_chunked(draft, chance, chance.choice([b"transfer-encoding:chunked", b"Transfer-Encoding: \tCHUNKED \t"]))
        draft.extension = chance.choice([b"", b";a=b", b";a", b";a=\"b\""])
        draft.size = chance.choice(["%x", "%X", "00%x"])
        draft.trailers = chance.choice([b"", b"X-Sum: 1\r\n", b"Content-Length: 7\r\n"])
    draft.fields[1:1] = chance.sample([
        b"X-A:", b"x-b:\t1\t", b"Accept: */*", b"Connection: keep-alive", b"TE: trailers", b"X-C:a:b",
        b"Expect: 100-continue", b"Cookie: a=b", b"X-D: \xe9",
    ], k=3)
    draft.before = chance.choice([b"", CRLF])
    return draft


def framed(draft, chance):
    """The draft with its body said rightly, so that only the mutation is odd."""
    if chance.random() < 0.3:
        draft.body, draft.method = b"", chance.choice(METHODS)
    elif chance.random() < 0.5:
        set_length(draft)
    else:
        set_chunked(draft, chance)
    return draft


KINDS = [
    length_value, length_name, two_lengths, wrong_length, coding_value, coding_name, two_codings, both_framings,
    chunk_size, chunk_extension, chunk_ends, trailers, field, field, field, host, line_ends, start, start, target,
    target, legal_variant, legal_variant, legal_variant,
]
