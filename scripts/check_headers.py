#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles every header of include/ and src/ alone, so that each includes what it uses.

Takes the flags of the release build from its compile_commands.json; lint.sh calls it.
"""
import json
import os
import pathlib
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent


def flags_of_the_library() -> list[str]:
    """Language, definitions and include paths the library's sources are compiled with."""
    commands = json.loads((ROOT / "build/release/compile_commands.json").read_text())
    command = next(c["command"] for c in commands if "/src/base/" in c["file"])
    words = shlex.split(command)
    flags = []
    for word, following in zip(words, words[1:] + [""]):
        if word == "-isystem":
            flags += [word, following]
        elif word.startswith(("-D", "-I", "-std=")):
            flags.append(word)
    return flags


def compile_alone(header: pathlib.Path, flags: list[str]) -> str:
    """The compiler's complaints, empty when there are none."""
    source = f'#include "{header}"\n#include "{header}"\n'  # twice: the guard is checked too
    run = subprocess.run(["g++", *flags, "-x", "c++", "-fsyntax-only", "-"], input=source, text=True,
                         capture_output=True, check=False)
    return run.stderr if run.returncode else ""


def main() -> int:
    flags = flags_of_the_library()
    headers = sorted([*ROOT.glob("include/**/*.hpp"), *ROOT.glob("src/**/*.hpp")])
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        complaints = list(pool.map(lambda header: compile_alone(header, flags), headers))
    for header, text in zip(headers, complaints):
        if text:
            print(f"{header.relative_to(ROOT)} does not compile alone:\n{text}", file=sys.stderr)
    return 1 if any(complaints) else 0


if __name__ == "__main__":
    sys.exit(main())
