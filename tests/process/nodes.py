# SPDX-License-Identifier: Apache-2.0
"""Real servers behind the proxy. Each serves the files of its root under /files/ and stores what is PUT there."""
import os
import pathlib
import shutil
import socket
import threading

import pytest

from isolation import free_port
from running import Program, connect, connectable, eventually

NOBODY = 65534


def need(program: str) -> str:
    """The program's path. Missing is a failure in CI and a skip at a desk."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin:/usr/bin")
    if not found:
        reason = f"{program} is not installed (scripts/deps.sh --test)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return found


class Node:
    """A started server: `address` as a service's url takes it, `root` with the files it serves."""

    def __init__(self, folder: pathlib.Path, root: pathlib.Path, address: str, command, **options):
        self.root = root
        self.address = address
        self.program = Program(command, cwd=folder, **options)
        with self.program.stopped_if_it_fails():
            eventually(lambda: connectable(address) or not self.program.alive(), f"{command[0]} listens on {address}")
            assert self.program.alive(), f"{command[0]} ended: {self.program.lines}"

    def stop(self):
        self.program.stop()


NGINX = """
daemon off; master_process off; error_log stderr %(level)s; pid %(folder)s/nginx.pid;
events { worker_connections 8192; }
http {
    access_log off; keepalive_requests 1000000; keepalive_timeout 60s; sendfile on; client_max_body_size 0;
    client_body_temp_path %(folder)s/body; proxy_temp_path %(folder)s/proxy; fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi; scgi_temp_path %(folder)s/scgi;
%(http)s
}
"""


def nginx_with(http: str, folder: pathlib.Path, root: pathlib.Path, address: str, level: str = "warn") -> Node:
    """nginx that writes nowhere but into `folder`; `http` is what its http block says beside that, `address` where it
    listens then."""
    file = folder / "nginx.conf"
    file.write_text(NGINX % {"folder": folder, "level": level, "http": http}, encoding="utf-8")
    return Node(folder, root, address, [need("nginx"), "-e", "stderr", "-c", str(file), "-p", str(folder)])


def nginx(folder: pathlib.Path, root: pathlib.Path, unix: bool = False) -> Node:
    address = f"unix:{folder}/nginx.sock" if unix else f"127.0.0.1:{free_port()}"
    return nginx_with(f"""
    server {{
        listen {address};
        location /files/ {{ alias {root}/; dav_methods PUT; }}
        location / {{ return 200 "nginx $request_uri\\n"; }}
    }}""", folder, root, address)


APACHE = """
ServerRoot {folder}
ServerName node.test
Listen {address}
PidFile {folder}/apache.pid
Mutex file:{folder}
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
LogLevel error
{modules}
<IfModule mpm_event_module>
    StartServers 1
    ThreadsPerChild 64
    MaxRequestWorkers 64
    ServerLimit 1
</IfModule>
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
LimitRequestBody 0
DavLockDB {folder}/dav.lock
Alias /files/ {root}/
<Directory {root}>
    Require all granted
    Dav On
</Directory>
"""


def apache(folder: pathlib.Path, root: pathlib.Path) -> Node:
    program = need("apache2")
    address = f"127.0.0.1:{free_port()}"
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                        for name in ("mpm_event", "authz_core", "alias", "dav", "dav_fs"))
    file = folder / "apache.conf"
    file.write_text(APACHE.format(folder=folder, root=root, address=address, modules=modules), encoding="utf-8")
    who = {}
    if os.getuid() == 0:  # Apache refuses to serve as root
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        for path in (folder, root):
            os.chown(path, NOBODY, NOBODY)
    return Node(folder, root, address, [program, "-D", "FOREGROUND", "-f", str(file)], **who)


NODE_JS = """
const http = require('http'), fs = require('fs'), path = require('path');
const [root, port] = process.argv.slice(2);
const server = http.createServer((request, response) => {
    const file = path.join(root, path.basename(request.url));
    if (request.method === 'PUT') {
        const out = fs.createWriteStream(file);
        request.pipe(out);
        out.on('finish', () => { response.writeHead(201); response.end(); });
    } else if (request.url.startsWith('/files/') && fs.existsSync(file)) {
        fs.createReadStream(file).pipe(response);
    } else {
        response.end('node ' + request.url + '\\n');
    }
});
server.keepAliveTimeout = 60000;
server.requestTimeout = 0;
server.listen(port, '127.0.0.1');
"""


def node_js(folder: pathlib.Path, root: pathlib.Path) -> Node:
    port = free_port()
    file = folder / "node.js"
    file.write_text(NODE_JS, encoding="utf-8")
    return Node(folder, root, f"127.0.0.1:{port}", [need("node"), str(file), str(root), str(port)])


class ScriptedNode:
    """A node played by the test itself: accepts connections, reads request heads, sends exactly the bytes given."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.settimeout(30)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._open = []

    def accept(self) -> socket.socket:
        """The next connection, with its request head read."""
        link, _ = self._listener.accept()
        link.settimeout(30)
        self._open.append(link)
        self.read_head(link)
        return link

    @staticmethod
    def read_head(link: socket.socket) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = link.recv(1)
            assert byte, f"the connection ended inside a head: {head!r}"
            head += byte
        return head

    def play(self, play) -> threading.Thread:
        """Runs play(link) for the next connection while the test goes on as its client."""
        thread = threading.Thread(target=lambda: play(self.accept()), daemon=True)
        thread.start()
        return thread

    def stop(self):
        for link in [self._listener, *self._open]:
            link.close()


__all__ = ["Node", "ScriptedNode", "apache", "connect", "need", "nginx", "node_js"]
