# SPDX-License-Identifier: Apache-2.0
"""Nodes that write down every request they read: {id, method, target, status, length, digest} as a JSON line each.

nginx reads the whole body to pass it on to a second server of its own, and its log holds it. Apache reads it through a
Lua filter that leaves length and digest as notes for the log, so that refusals, which reach no handler, are logged too.
Every answer names the request it belongs to in X-Seen.
"""
import hashlib
import json
import os
import pathlib
import sys

from isolation import free_port
from nodes import NOBODY, Node, need, nginx_with

def nginx(folder: pathlib.Path) -> Node:
    address = f"unix:{folder}/nginx.sock"
    return nginx_with(f"""
    log_format seen escape=json '{{"id":"$http_x_request_id","method":"$request_method","target":"$request_uri",'
                                '"status":"$status","body":"$request_body"}}';
    client_body_buffer_size 1m; client_header_buffer_size 64k; large_client_header_buffers 8 64k;
    server {{
        listen {address};
        access_log {folder}/seen seen;
        location / {{
            proxy_pass http://unix:{folder}/inner.sock;
            proxy_method POST;
            add_header X-Seen $http_x_request_id always;
        }}
    }}
    server {{
        listen unix:{folder}/inner.sock;
        location / {{ return 200; }}
    }}""", folder, folder, address, level="crit")


APACHE = """
ServerRoot {folder}
ServerName node.test
Listen {address}
PidFile {folder}/apache.pid
Mutex file:{folder}
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
LogLevel crit
{modules}
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
ServerLimit 1
AsyncRequestWorkerFactor 64
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
LimitRequestBody 0
LimitRequestLine 65536
LimitRequestFieldSize 65536
LimitRequestFields 300
AllowEncodedSlashes NoDecode
LogFormat "%{{begin:usec}}t\\t%{{X-Request-Id}}i\\t%m\\t%>s\\t%{{length}}n\\t%{{digest}}n\\t%{{target}}n" seen
CustomLog {folder}/seen seen
LuaScope thread
LuaHookMapToStorage {folder}/see.lua skip
LuaHookTranslateName {folder}/see.lua skip early
<Location "/">
    Require all granted
    SetHandler lua-script
</Location>
LuaMapHandler ^ {folder}/see.lua see
LuaInputFilter body {folder}/see.lua body
SetInputFilter body
"""

SEE_LUA = """
function skip(r)
    r.filename = "/see"
    return apache2.OK
end

function see(r)
    r.notes["target"] = r.unparsed_uri
    r.headers_out["X-Seen"] = r.headers_in["X-Request-Id"]
    return apache2.OK
end

function body(r)
    local pieces = {}
    coroutine.yield()
    while bucket ~= nil do
        pieces[#pieces + 1] = bucket
        coroutine.yield(bucket)
    end
    local whole = table.concat(pieces)
    r.notes["length"] = tostring(#whole)
    r.notes["digest"] = r:sha1(whole)
    coroutine.yield("")
end
"""


def apache(folder: pathlib.Path) -> Node:
    program = need("apache2")
    address = f"127.0.0.1:{free_port()}"
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                        for name in ("mpm_event", "authz_core", "lua"))
    file = folder / "apache.conf"
    file.write_text(APACHE.format(folder=folder, address=address, modules=modules), encoding="utf-8")
    (folder / "see.lua").write_text(SEE_LUA, encoding="utf-8")
    who = {}
    if os.getuid() == 0:  # Apache refuses to serve as root
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        os.chown(folder, NOBODY, NOBODY)
    return Node(folder, folder, address, [program, "-D", "FOREGROUND", "-f", str(file)], **who)


NODE_JS = """
const http = require('http'), fs = require('fs'), crypto = require('crypto');
const [path, file] = process.argv.slice(2);
const seen = fs.openSync(file, 'w');
const keep = (record) => fs.writeSync(seen, JSON.stringify(record) + '\\n');
const ended = ['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE'];
const server = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('error', () => {});
    request.on('end', () => {
        const body = Buffer.concat(pieces), id = request.headers['x-request-id'];
        keep({id, method: request.method, target: request.url, status: 200, length: body.length,
              digest: crypto.createHash('sha1').update(body).digest('hex')});
        response.setHeader('X-Seen', id || '');
        response.end();
    });
});
server.on('clientError', (error, socket) => {
    if (!ended.includes(error.code))
        keep({id: '', status: 400, reason: error.code, raw: (error.rawPacket || '').toString('latin1')});
    socket.end('HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n');
});
server.keepAliveTimeout = 60000;
server.requestTimeout = 0;
server.maxHeadersCount = 0;
server.listen(path);
"""


def node_js(folder: pathlib.Path) -> Node:
    file = folder / "node.js"
    file.write_text(NODE_JS, encoding="utf-8")
    return Node(folder, folder, f"unix:{folder}/node.sock",
                [need("node"), "--max-http-header-size=262144", str(file), f"{folder}/node.sock", str(folder / "seen")])


def raw(folder: pathlib.Path) -> Node:
    program = str(pathlib.Path(__file__).parent / "raw_node.py")
    return Node(folder, folder, f"unix:{folder}/raw.sock",
                [sys.executable, "-B", program, f"{folder}/raw.sock", str(folder / "seen")])


KINDS = {"raw": raw, "nginx": nginx, "apache": apache, "node_js": node_js}


def read_json(line: str) -> dict:
    return json.loads(line)


def read_nginx(line: str) -> dict:
    record = json.loads(line)
    body = record.pop("body").encode("latin-1")
    return record | {"status": int(record["status"]), "length": len(body), "digest": hashlib.sha1(body).hexdigest()}


def read_apache(line: str) -> dict:
    began, identity, method, status, length, digest, target = line.split("\t")
    record = {"began": int(began), "id": identity.strip("-"), "method": method, "status": int(status)}
    if length == "-":
        record["status"] = 400  # its body never came to an end
    else:
        plain = target.encode("latin-1").decode("unicode_escape")  # Apache escapes what it logs
        record |= {"length": int(length), "digest": digest, "target": plain}
    return record


READERS = {"nginx": read_nginx, "apache": read_apache}


def records(kind: str, folder: pathlib.Path) -> list:
    """What the node of this kind wrote down, in the order it read it."""
    lines = (folder / "seen").read_text(encoding="latin-1").split("\n")
    found = [READERS.get(kind, read_json)(line) for line in lines if line]
    return sorted(found, key=lambda record: record["began"]) if kind == "apache" else found
