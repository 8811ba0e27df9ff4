# SPDX-License-Identifier: Apache-2.0
"""User instructions a kept-alive request may take inside the gateway, counted by callgrind: the same at every load,
and on every machine but for how its C library copies bytes. A change that needs more raises `BUDGET` in its own commit and says why; one that needs less lowers
it, so that what was won stays won."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

REQUESTS = 2_000
BUDGET = 13_000
SLACK = 1.05
FAR_BELOW = 0.85


def test_a_request_takes_no_more_instructions_than_it_may(tmp_path: pathlib.Path) -> None:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        reason = "valgrind is not installed (scripts/deps.sh --test)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    run = subprocess.run(
        [valgrind, "--tool=callgrind", "--toggle-collect=sluice::runtime::worker::turn*",
         f"--callgrind-out-file={tmp_path / 'profile'}", os.environ["SLUICE_BUDGET_TESTS"], "[.instructions]"],
        capture_output=True, text=True, timeout=150, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    each = int(re.search(r"Collected\s*:\s*(\d+)", run.stderr)[1]) / REQUESTS
    print(f"{each:.0f} instructions a request")
    assert each <= BUDGET * SLACK, f"{each:.0f} instructions a request, {BUDGET} are allowed"
    assert each >= BUDGET * FAR_BELOW, f"{each:.0f} instructions a request: lower the budget of {BUDGET}"
