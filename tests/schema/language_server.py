# SPDX-License-Identifier: Apache-2.0
"""YAML's language server, as an editor talks to it: installed once into a cache outside the tree, spoken to over
stdio."""
import json
import os
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading

VERSION = "1.19.2"
ANSWER_WITHIN = 30  # seconds; a dead server is noticed at once, this is for one that hangs


class Missing(Exception):
    """There is no server here, and why."""


def installed():
    """The command that starts the server."""
    for tool in ("node", "npm"):
        if not shutil.which(tool):
            raise Missing(f"{tool} is not installed")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sluice"
    home = cache / f"yaml-language-server-{VERSION}"
    if not home.exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            install(home)
        except (OSError, subprocess.TimeoutExpired) as why:
            raise Missing(f"yaml-language-server {VERSION} cannot be installed: {why}") from why
    return ["node", str(home / "node_modules/yaml-language-server/bin/yaml-language-server"), "--stdio"]


def install(home):
    """Installs into a folder beside it and renames that: a broken installation is never found."""
    with tempfile.TemporaryDirectory(dir=home.parent) as beside:
        run = subprocess.run(["npm", "install", "--prefix", beside, "--ignore-scripts", "--no-audit", "--no-fund",
                              "--fetch-retries=1", "--fetch-timeout=20000", f"yaml-language-server@{VERSION}"],
                             capture_output=True, text=True, check=False, timeout=100)
        if run.returncode != 0:
            raise OSError(next((line for line in run.stderr.splitlines() if " code " in line), "npm failed"))
        new = pathlib.Path(beside) / "new"
        new.mkdir()
        for part in list(pathlib.Path(beside).iterdir()):
            if part != new:
                part.rename(new / part.name)
        try:
            new.rename(home)
        except OSError:
            if not home.exists():  # else somebody else was faster
                raise


class LanguageServer:
    """One server and the documents that are open in it."""

    def __init__(self, command, schema):
        self.schema = schema
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.inbox = queue.Queue()
        self.diagnostics = {}
        self.last = 0
        threading.Thread(target=self.listen, daemon=True).start()
        self.ask("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": {
            "workspace": {"configuration": True},
            "textDocument": {"hover": {"contentFormat": ["markdown"]}, "completion": {"completionItem": {}}}}})
        self.tell("initialized", {})

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def listen(self):
        try:
            while line := self.process.stdout.readline():
                length = int(line.split(b":")[1])
                self.process.stdout.readline()
                self.inbox.put(json.loads(self.process.stdout.read(length)))
        except ValueError:  # closed while reading
            pass
        self.inbox.put(None)

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def ask(self, method, params):
        self.last += 1
        mine = self.last
        self.send({"id": mine, "method": method, "params": params})
        while True:
            message = self.take()
            if message.get("id") == mine and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def take(self):
        """The next message; what the server asks of an editor is answered."""
        message = self.inbox.get(timeout=ANSWER_WITHIN)
        assert message is not None, "the language server has ended"
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:
            self.send({"id": message["id"], "result": self.settings(message)})
        return message

    def settings(self, message):
        if message["method"] != "workspace/configuration":
            return None
        yaml = {"schemas": {self.schema: "*.yaml"}, "schemaStore": {"enable": False}, "validate": True, "hover": True,
                "completion": True}
        return [yaml if item.get("section") == "yaml" else {} for item in message["params"]["items"]]

    def open(self, uri, text):
        """Opens a document and gives what is said about it, as [(line from 1, message)]."""
        self.diagnostics.pop(uri, None)
        self.tell("textDocument/didOpen",
                  {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
        while uri not in self.diagnostics:
            self.take()
        return [(one["range"]["start"]["line"] + 1, one["message"]) for one in self.diagnostics[uri]]

    def at(self, method, uri, line, column):
        return self.ask(f"textDocument/{method}",
                        {"textDocument": {"uri": uri}, "position": {"line": line - 1, "character": column - 1}})

    def hover(self, uri, line, column):
        answer = self.at("hover", uri, line, column)
        return answer["contents"]["value"] if answer else ""

    def complete(self, uri, line, column):
        """What is offered, as {label: what would be put in}."""
        answer = self.at("completion", uri, line, column)
        items = answer["items"] if isinstance(answer, dict) else answer
        return {item["label"]: item.get("insertText") or item.get("textEdit", {}).get("newText") for item in items}
