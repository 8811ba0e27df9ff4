# SPDX-License-Identifier: Apache-2.0
"""h2spec, all of its cases, over a plain port and over TLS, with `sluice backend` behind the proxy."""
import pathlib
import re
import subprocess
import xml.etree.ElementTree as xml

import pytest

import pki
from running import Backend, Sluice, configuration

SCRIPT = pathlib.Path(__file__).parents[3] / "scripts/h2spec.sh"
CASES = 146         # of 2.2.1 with --strict
CANNOT = 77         # no Go here


@pytest.fixture(scope="module")
def h2spec():
    installed = subprocess.run([SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=500,
                               check=False)
    if installed.returncode == CANNOT:
        pytest.skip(f"h2spec needs Go: {installed.stderr.strip()}")
    assert installed.returncode == 0, installed.stderr
    return installed.stdout.strip()


def cases_of(report: pathlib.Path) -> dict[str, list[str]]:
    """Names of the cases by how they ended."""
    found = {"passed": [], "failed": [], "skipped": []}
    for suite in xml.parse(report).getroot().iter("testsuite"):
        for number, case in enumerate(suite.findall("testcase"), 1):
            ended = "skipped" if case.find("skipped") is not None else \
                "failed" if case.find("failure") is not None or case.find("error") is not None else "passed"
            found[ended].append(f"{suite.get('package')}/{number}: {case.get('classname')}")
    return found


@pytest.mark.parametrize("how", ["h2c", "tls"])
def test_every_case_passes(h2spec, folder, started, how):
    identity = pki.Authority(folder, "h2spec").issue("site.test")
    listener = {"name": "web", "address": "127.0.0.1:0"}
    if how == "tls":
        listener["tls"] = {"certificates": [{"certificate": str(identity.certificate), "key": str(identity.key)}]}
    else:
        listener["protocols"] = ["h2c"]
    proxy = started(Sluice(folder, configuration([started(Backend()).address], listeners=[listener])))
    report = folder / "report.xml"
    # A case that waits for an end which does not come takes the timeout; a sanitizer's build is slower than one second.
    run = subprocess.run([h2spec, "-h", "127.0.0.1", "-p", proxy.address.rpartition(":")[2], "-j", str(report),
                          "-o", "5", "--strict", *(["-t", "-k"] if how == "tls" else [])],
                         capture_output=True, text=True, timeout=170, check=False)
    assert report.exists(), run.stdout + run.stderr
    found = cases_of(report)
    print({ended: len(names) for ended, names in found.items()})
    wrong = "\n".join(found["failed"] + found["skipped"])
    details = re.sub(r"(?s)^.*?Failures:", "", run.stdout)
    assert len(found["passed"]) == CASES, f"{wrong}\n{details}"
    assert proxy.alive()
