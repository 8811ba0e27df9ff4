# SPDX-License-Identifier: Apache-2.0
"""conf/sluice.service and conf/sluice.socket as systemd reads them; scripts/systemd_test.sh runs them."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

CONF = pathlib.Path(__file__).parents[2] / "conf"


def analyze(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess:
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI"):
            pytest.fail("systemd-analyze is missing: scripts/deps.sh --test")
        pytest.skip("systemd-analyze is missing: scripts/deps.sh --test")
    for unit in ("sluice.service", "sluice.socket"):
        text = (CONF / unit).read_text(encoding="utf-8")
        # the binary is installed by whoever uses these
        (folder / unit).write_text(text.replace("/usr/local/bin/sluice", "/bin/true"), encoding="utf-8")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60,
                          env=os.environ | {"SYSTEMD_UNIT_PATH": f"{folder}:", "SYSTEMD_COLORS": "0", "LC_ALL": "C"})


def test_the_sandbox_leaves_an_exposure_of_at_most_2(tmp_path):
    judged = analyze(tmp_path, "security", "--offline=true", "--no-pager", "--threshold=20",
                     str(tmp_path / "sluice.service"))
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert float(re.search(r"exposure level for sluice.service: ([\d.]+)", judged.stdout)[1]) <= 2.0


def test_the_units_have_no_key_systemd_does_not_know(tmp_path):
    verified = analyze(tmp_path, "verify", "--man=no", str(tmp_path / "sluice.service"), str(tmp_path / "sluice.socket"))
    ours = [line for line in verified.stderr.splitlines() if "sluice" in line]
    assert verified.returncode == 0 and ours == [], verified.stderr


def values_of(unit: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", (CONF / unit).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("key, value", [
    ("Type", "notify"), ("NotifyAccess", "main"), ("User", "sluice"), ("StateDirectory", "sluice"),
    ("LogsDirectory", "sluice"), ("ConfigurationDirectory", "sluice"), ("NoNewPrivileges", "yes"),
    ("AmbientCapabilities", "CAP_NET_BIND_SERVICE"), ("CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"),
    ("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("PrivateTmp", "yes"), ("PrivateDevices", "yes"),
    ("ProtectKernelLogs", "yes"), ("ProtectKernelModules", "yes"), ("ProtectKernelTunables", "yes"),
    ("ProtectControlGroups", "yes"), ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
    ("RestrictNamespaces", "yes"), ("LockPersonality", "yes"), ("MemoryDenyWriteExecute", "yes"),
    ("SystemCallArchitectures", "native"), ("UMask", "0077"),
])
def test_the_service_has(key, value):
    assert values_of("sluice.service", key) == [value]


@pytest.mark.parametrize("key", ["WatchdogSec", "LimitNOFILE", "MemoryMax"])
def test_the_service_sets(key):
    assert len(values_of("sluice.service", key)) == 1


def test_a_start_and_a_reload_go_through_check_first():
    assert " check " in values_of("sluice.service", "ExecStartPre")[0]
    check, tell = values_of("sluice.service", "ExecReload")
    assert " check " in check and not check.startswith("-")
    assert tell == "/bin/kill -HUP $MAINPID"
