# SPDX-License-Identifier: Apache-2.0
"""scripts/check_catalogs.py finds what it is there to find, in small trees of its own."""
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts/check_catalogs.py"
LIST = "#define SLUICE_SHAPES(add) \\\n    add(circle) \\\n    add(square)\n#define OTHER(add) add(none)\n"


def check(tree: pathlib.Path, folder: str, names: list[str], listed_in: str = "catalog.hpp") -> tuple[int, str]:
    place = tree / "src" / folder
    place.mkdir(parents=True)
    for name in ("catalog.hpp", "catalog.cpp", *(f"{name}.cpp" for name in names)):
        (place / name).touch()
    (place / listed_in).write_text(LIST)
    run = subprocess.run([sys.executable, SCRIPT, "--root", tree], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


@pytest.mark.parametrize("folder", ["shapes", "admin/shapes"])
@pytest.mark.parametrize("listed_in", ["catalog.hpp", "catalog.cpp"])
def test_a_complete_catalog_is_counted_at_any_depth(tmp_path, folder, listed_in):
    assert check(tmp_path, folder, ["circle", "square"], listed_in) == (0, "1 catalog(s) complete\n")


def test_a_file_nobody_listed_is_named(tmp_path):
    code, output = check(tmp_path, "admin/shapes", ["circle", "square", "star"])
    assert code == 1
    assert "src/admin/shapes/star.cpp is not in the catalog" in output


def test_a_line_without_a_file_is_named(tmp_path):
    code, output = check(tmp_path, "shapes", ["circle"])
    assert code == 1
    assert "the catalog lists square, but there is no square.cpp" in output


def test_a_catalog_without_a_list_is_a_fault(tmp_path):
    place = tmp_path / "src/shapes"
    place.mkdir(parents=True)
    (place / "catalog.hpp").touch()
    run = subprocess.run([sys.executable, SCRIPT, "--root", tmp_path], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "src/shapes: its catalog lists nothing\n")
