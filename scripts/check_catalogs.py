#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every file of a plug-in folder stands in the folder's catalog, and nothing else does.

A plug-in folder is one anywhere under src/ with a catalog.hpp. Its catalog.hpp or catalog.cpp holds the macro
SLUICE_<WORDS>(add) that lists the plug-ins as add(NAME).
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def names_in(folder: pathlib.Path) -> set[str]:
    files = (folder / "catalog.hpp", folder / "catalog.cpp")
    text = "".join(file.read_text(encoding="utf-8") for file in files if file.exists())
    lists = re.findall(r"^#define SLUICE_\w+\(add\)((?:.*\\\n)*.*)", text, re.MULTILINE)
    return set(re.findall(r"\badd\((\w+)\)", "".join(lists)))


def faults(folder: pathlib.Path, root: pathlib.Path) -> list[str]:
    listed = names_in(folder)
    present = {file.stem for file in folder.glob("*.cpp")} - {"catalog"}
    where = folder.relative_to(root)
    if not listed:
        return [f"{where}: its catalog lists nothing"]
    return [f"{where}/{name}.cpp is not in the catalog" for name in sorted(present - listed)] + [
        f"{where}: the catalog lists {name}, but there is no {name}.cpp" for name in sorted(listed - present)
    ]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--root", type=pathlib.Path, default=ROOT)
    root = options.parse_args().root
    folders = sorted(file.parent for file in (root / "src").rglob("catalog.hpp"))
    found = [fault for folder in folders for fault in faults(folder, root)]
    print("\n".join(found) if found else f"{len(folders)} catalog(s) complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
