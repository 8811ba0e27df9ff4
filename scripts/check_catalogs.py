#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every file of a plug-in folder stands in the folder's catalog, and nothing else does.

A plug-in folder is one under src/ with a catalog.hpp whose macro SLUICE_<FOLDER>(add) lists its plug-ins.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def faults(catalog: pathlib.Path) -> list[str]:
    folder = catalog.parent
    listed = set(re.findall(r"\badd\((\w+)\)", catalog.read_text(encoding="utf-8")))
    present = {file.stem for file in folder.glob("*.cpp")} - {"catalog"}
    return [f"{folder / name}.cpp is not in {catalog}" for name in sorted(present - listed)] + [
        f"{catalog} lists {name}, but there is no {folder / name}.cpp" for name in sorted(listed - present)
    ]


def main() -> int:
    catalogs = sorted((ROOT / "src").glob("*/catalog.hpp"))
    found = [fault for catalog in catalogs for fault in faults(catalog)]
    print("\n".join(found) if found else f"{len(catalogs)} catalog(s) complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
