# SPDX-License-Identifier: Apache-2.0
"""Real HTTP/2 servers: nodes behind the proxy, and what the tests' own frames are tried against. Each serves the files
of its root under /files/; nginx stores what is PUT there."""
import os
import pathlib

from isolation import free_port
from nodes import Node, need, nginx_with

H2O = """
{user}
listen:
  host: 127.0.0.1
  port: {port}{tls}
http2-idle-timeout: 60
hosts:
  default:
    paths:
      /:
        file.dir: {root}
      /files:
        file.dir: {root}
"""


def root_of(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir(exist_ok=True)
    root = folder / "root"
    root.mkdir(exist_ok=True)
    (root / "files").unlink(missing_ok=True)
    (root / "files").symlink_to(root)
    (root / "index.html").write_text("hello from a file\n" * 10, encoding="ascii")
    return root


def nghttpd(folder: pathlib.Path, identity=None, port: str | None = None) -> Node:
    """libnghttp2's own server; echoes the body of a POST."""
    root = root_of(folder)
    port = port or free_port()
    tls = [str(identity.key), str(identity.certificate)] if identity else ["--no-tls"]
    options, files = (tls, []) if not identity else ([], tls)
    return Node(folder, root, f"127.0.0.1:{port}",
                [need("nghttpd"), *options, "-a", "127.0.0.1", "-d", str(root), "-m", "100", "--echo-upload",
                 str(port), *files])


def nginx(folder: pathlib.Path, identity=None) -> Node:
    root = root_of(folder)
    address = f"127.0.0.1:{free_port()}"
    tls = f"ssl_certificate {identity.certificate}; ssl_certificate_key {identity.key};" if identity else ""
    return nginx_with(f"""
    http2_max_concurrent_streams 100;
    server {{
        listen {address} {'ssl' if identity else ''} http2; {tls}
        location /files/ {{ alias {root}/; dav_methods PUT; }}
        location / {{ return 200 "nginx $server_protocol $request_uri\\n"; }}
    }}""", folder, root, address, level="crit")


def h2o(folder: pathlib.Path, identity=None) -> Node:
    root = root_of(folder)
    port = free_port()
    tls = (f"\n  ssl:\n    certificate-file: {identity.certificate}\n    key-file: {identity.key}\n"
           "    ocsp-update-interval: 0") if identity else ""
    file = folder / "h2o.yaml"
    user = "user: root" if os.getuid() == 0 else ""
    file.write_text(H2O.format(port=port, tls=tls, root=root, user=user), encoding="ascii")
    return Node(folder, root, f"127.0.0.1:{port}", [need("h2o"), "-m", "worker", "-c", str(file)])
