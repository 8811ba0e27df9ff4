#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every #include under include/ and src/ against docs/layers.txt.

Two rules: no folder includes a folder of a higher or of its own rank, and a fenced third-party header is included
only where the fence allows it. Every folder must have a rank. `--root DIR` checks another tree (its own tests do).
"""
import argparse
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


class Rules:
    """docs/layers.txt, read."""

    def __init__(self, path: pathlib.Path):
        self.rank: dict[str, int] = {}
        self.fences: list[tuple[str, list[str]]] = []
        for line in path.read_text().splitlines():
            words = line.partition("#")[0].split()
            if not words:
                continue
            if words[0] == "fence":
                self.fences.append((words[1], words[2:]))
            else:
                self.rank.update({folder: int(words[0]) for folder in words[1:]})

    def allowed(self, header: str, folder: str) -> bool:
        """Whether a file of `folder` (net, http/h1) may include the third-party `header`."""
        for prefix, folders in self.fences:
            if header.startswith(prefix):
                return any(folder == f or folder.startswith(f + "/") for f in folders)
        return True


def own_folder(name: str, tree: pathlib.Path) -> str | None:
    """The folder of ours that `#include "name"` means, or None for what is not ours."""
    path = name.removeprefix("sluice/")
    parts = path.split("/")
    if name.startswith("sluice/") or (len(parts) > 1 and (tree / "src" / parts[0]).is_dir()):
        return parts[0]
    return None


def check_file(path: pathlib.Path, folder: str, rules: Rules, tree: pathlib.Path) -> list[str]:
    problems = []
    top = folder.split("/")[0]
    if top not in rules.rank:
        return [f"{path.relative_to(tree)}: folder {top} has no rank in docs/layers.txt"]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        name = found[2]
        where = f"{path.relative_to(tree)}:{number}"
        target = own_folder(name, tree)
        if target is None:
            if not rules.allowed(name, folder):
                problems.append(f"{where}: {name} is fenced off from {folder}")
        elif target not in rules.rank:
            problems.append(f"{where}: {name}: folder {target} has no rank")
        elif target != top and rules.rank[target] >= rules.rank[top]:
            problems.append(f"{where}: {top} (rank {rules.rank[top]}) includes {target} (rank {rules.rank[target]})")
    return problems


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    tree = arguments.parse_args().root
    rules = Rules(tree / "docs/layers.txt")
    problems = []
    for base in (tree / "include/sluice", tree / "src"):
        for path in sorted(p for p in base.rglob("*") if p.suffix in (".hpp", ".cpp")):
            folder = path.parent.relative_to(base).as_posix()
            problems += check_file(path, folder, rules, tree)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
