# SPDX-License-Identifier: Apache-2.0
"""scripts/check_layers.py finds what it is there to find, in small trees of its own."""
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts/check_layers.py"
RULES = """
0 base
1 net  # a remark
2 http routing
fence openssl/ net
fence boost/beast/ http/h1
"""


def check(tree: pathlib.Path, path: str, line: str) -> tuple[int, str]:
    for folder in ("base", "net", "http/h1", "routing"):
        (tree / "src" / folder).mkdir(parents=True)
    (tree / "include/sluice").mkdir(parents=True)
    (tree / "docs").mkdir()
    (tree / "docs/layers.txt").write_text(RULES)
    file = tree / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(line + "\n")
    run = subprocess.run([sys.executable, SCRIPT, "--root", tree], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


@pytest.mark.parametrize("path, line", [
    ("src/http/head.cpp", '#include "net/stream.hpp"'),
    ("src/http/head.cpp", '#include "sluice/base/error.hpp"'),
    ("src/http/h1/parse.cpp", '#include "http/head.hpp"'),
    ("src/http/h1/parse.cpp", "#include <boost/beast/http/parser.hpp>"),
    ("src/net/tls.cpp", "#include <openssl/ssl.h>"),
    ("src/base/error.cpp", "#include <vector>"),
    ("src/base/error.cpp", '// #include "net/stream.hpp"'),
])
def test_what_is_allowed_is_silent(tmp_path, path, line):
    assert check(tmp_path, path, line) == (0, "")


@pytest.mark.parametrize("path, line, said", [
    ("src/base/error.cpp", '#include "sluice/net/stream.hpp"', "base (rank 0) includes net (rank 1)"),
    ("include/sluice/net/a.hpp", '#include "sluice/http/head.hpp"', "net (rank 1) includes http (rank 2)"),
    ("src/http/head.cpp", '#include "routing/matcher.hpp"', "http (rank 2) includes routing (rank 2)"),
    ("src/http/head.cpp", "#  include <openssl/ssl.h>", "openssl/ssl.h is fenced off from http"),
    ("src/http/head.cpp", "#include <boost/beast/core.hpp>", "boost/beast/core.hpp is fenced off from http"),
    ("src/attic/old.cpp", "#include <vector>", "folder attic has no rank"),
    ("src/http/head.cpp", '#include "sluice/attic/old.hpp"', "folder attic has no rank"),
])
def test_what_is_not_allowed_is_named_with_its_place(tmp_path, path, line, said):
    code, output = check(tmp_path, path, line)
    assert code == 1
    assert path in output and said in output
