# SPDX-License-Identifier: Apache-2.0
"""scripts/install.sh into a folder: what it puts there, again, over edited files, and away again."""
import os
import pathlib
import subprocess

import pytest

from running import binary

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"
CONFIG = "etc/sluice/sluice.yaml"


@pytest.fixture
def install(folder):
    root = folder / "root"
    root.mkdir()

    def run(*options: str, code: int = 0) -> str:
        said = subprocess.run([SCRIPTS / "install.sh", "--binary", binary(), *options], capture_output=True, text=True,
                              timeout=120, env=os.environ | {"DESTDIR": str(root)})
        assert said.returncode == code, said.stdout + said.stderr
        return said.stdout

    run.root = root
    return run


def files(root: pathlib.Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def everything(root: pathlib.Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_everything_an_operator_needs_is_in_its_place(install):
    said = install()
    assert "edit /etc/sluice/sluice.yaml" in said
    assert files(install.root) >= {
        "usr/local/bin/sluice", "usr/local/share/man/man1/sluice.1", CONFIG, "etc/systemd/system/sluice.service",
        "etc/systemd/system/sluice.socket", "usr/local/share/bash-completion/completions/sluice",
        "usr/local/share/zsh/site-functions/_sluice", "usr/local/share/fish/vendor_completions.d/sluice.fish"}
    assert (install.root / "var/log/sluice").is_dir()
    checked = subprocess.run([install.root / "usr/local/bin/sluice", "check", "--config", install.root / CONFIG],
                             capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout
    unit = (install.root / "etc/systemd/system/sluice.service").read_text(encoding="utf-8")
    assert "ExecStart=/usr/local/bin/sluice run" in unit


def test_another_prefix_stands_in_the_unit_too(install):
    install("--prefix", "/opt/sluice")
    assert (install.root / "opt/sluice/bin/sluice").exists()
    assert "/usr/local" not in (install.root / "etc/systemd/system/sluice.service").read_text(encoding="utf-8")


def test_again_changes_nothing_and_edited_files_stay(install):
    install()
    first = {name: (install.root / name).read_bytes() for name in files(install.root)}
    assert "kept" not in install()
    assert {name: (install.root / name).read_bytes() for name in files(install.root)} == first
    config = install.root / CONFIG
    config.write_text("workers: 1\n", encoding="utf-8")
    assert f"kept {config}, which was edited" in install()
    assert config.read_text(encoding="utf-8") == "workers: 1\n"
    assert config.with_name("sluice.yaml.new").read_bytes() == first[CONFIG]
    assert f"kept {config}, which was edited" in install()


def test_a_file_that_was_there_before_is_not_ours(install):
    config = install.root / CONFIG
    config.parent.mkdir(parents=True)
    config.write_text("workers: 1\n", encoding="utf-8")
    install()
    assert config.read_text(encoding="utf-8") == "workers: 1\n"
    install("--uninstall")
    assert files(install.root) == {CONFIG}


def test_uninstall_leaves_nothing_but_edited_files(install):
    there = ["usr/local/bin", "usr/local/share/man", "etc/systemd/system"]  # empty, and not ours
    for folder in there:
        (install.root / folder).mkdir(parents=True)
    before = everything(install.root)
    install()
    install()
    install("--uninstall")
    assert everything(install.root) == before
    install()
    (install.root / CONFIG).write_text("workers: 1\n", encoding="utf-8")
    (install.root / "var/log/sluice/access.log").write_text("a line\n", encoding="utf-8")
    said = install("--uninstall")
    assert "which was edited" in said and "with what is in it" in said
    assert files(install.root) == {CONFIG, "var/log/sluice/access.log"}


def test_what_cannot_be_done_is_said(install):
    install("--uninstall", code=1)
    install("--nonsense", code=64)
    install("--prefix", "relative", code=64)
