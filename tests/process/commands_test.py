# SPDX-License-Identifier: Apache-2.0
"""The commands a newcomer types first: a gateway without a file, and without --config; completions; the manual."""
import os
import re
import shutil
import signal
import subprocess

import pytest

from running import Program, binary, fetch

TIMEOUT = 60


def sluice(*arguments: str):
    return subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=TIMEOUT)


def test_a_gateway_without_a_file_serves_and_reloads(backend, started):
    node = backend()
    proxy = started(Program([binary(), "proxy", "--listen", "127.0.0.1:0", "--to", f"http://{node.address}/base",
                             "--admin", "127.0.0.1:0"]))
    web = proxy.line(r"listening on (\S+) as web")[1]
    assert fetch(f"http://{web}/x?y=1").json()["path"] == "/base/x?y=1"
    proxy.signal(signal.SIGHUP)
    proxy.line("reloaded: generation 2, 0 changes")
    assert fetch(f"http://{web}/x").json()["path"] == "/base/x"
    assert proxy.exit_code_after_stop() == 0


def test_the_configuration_it_stands_for_can_be_printed_and_used(backend, folder):
    node = backend()
    printed = sluice("proxy", "--listen", "127.0.0.1:0", "--to", f"http://{node.address}", "--print")
    assert printed.returncode == 0
    file = folder / "printed.yaml"
    file.write_text(printed.stdout, encoding="utf-8")
    assert sluice("check", "--config", str(file)).returncode == 0


def test_what_it_cannot_serve_is_told_with_the_place_on_the_command_line():
    wrong = sluice("proxy", "--listen", "8080", "--to", "http://127.0.0.1:3000")
    assert wrong.returncode == 78
    assert "command line:2:26: listeners[0].address:" in wrong.stderr
    wrong = sluice("proxy", "--to", "127.0.0.1:3000")
    assert wrong.returncode == 64
    assert 'did you mean "http://127.0.0.1:3000"?' in wrong.stderr


# Root needs no user namespace for it. Where the root directory is not that of a file system, as in a chroot, there is
# no mount namespace of one's own.
OWN_MOUNTS = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount"]


@pytest.mark.skipif(subprocess.run([*OWN_MOUNTS, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0,
                    reason="needs a mount namespace")
@pytest.mark.parametrize("command", ["run", "check"])
def test_without_config_the_installed_file_is_read_and_this_is_said(folder, command):
    etc = folder / "etc"
    (etc / "sluice").mkdir(parents=True)
    (etc / "sluice" / "sluice.yaml").write_text("listeners: [{name: web, adress: '127.0.0.1:0'}]\n", encoding="utf-8")
    said = subprocess.run([*OWN_MOUNTS, "sh", "-c",
                           f'mount --bind "{etc}" /etc && exec "{binary()}" {command}'],
                          capture_output=True, text=True, timeout=TIMEOUT)
    assert said.returncode == 78
    assert "no --config, reading /etc/sluice/sluice.yaml" in said.stderr
    assert "/etc/sluice/sluice.yaml:1:" in said.stdout + said.stderr


def complete(script: str, *words: str) -> list[str]:
    """What bash offers after the words; the last one is half typed."""
    quoted = " ".join(f"'{word}'" for word in words)
    text = (f"source /dev/stdin <<'EOF'\n{script}\nEOF\nCOMP_WORDS=({quoted}) COMP_CWORD={len(words) - 1}\n"
            '_sluice; printf "%s\\n" "${COMPREPLY[@]}"')
    said = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=TIMEOUT, check=True)
    return said.stdout.split()


def test_bash_completes_commands_options_words_and_files(folder):
    script = sluice("completion", "bash").stdout
    assert complete(script, "sluice", "ch") == ["check"]
    assert complete(script, "sluice", "check", "--f") == ["--format"]
    assert complete(script, "sluice", "check", "--format", "j") == ["json"]
    assert complete(script, "sluice", "completion", "f") == ["fish"]
    file = folder / "my.yaml"
    file.touch()
    assert complete(script, "sluice", "run", "--config", f"{folder}/my") == [str(file)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_every_command_and_option(shell):
    script = sluice("completion", shell).stdout
    for command in re.findall(r"^  (\w+) ", sluice("--help").stdout.split("Subcommands:")[1], re.M):
        assert command in script
        for option in re.findall(r"--(\w[\w-]*)", sluice(command, "--help").stdout.split("Options:")[1].split("\n\n")[0]):
            assert option in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True, timeout=TIMEOUT)


def test_the_manual_page_is_clean_roff_and_names_every_command():
    page = sluice("manual").stdout
    commands = re.findall(r"^  (\w+) ", sluice("--help").stdout.split("Subcommands:")[1], re.M)
    assert len(commands) >= 8
    for command in commands:
        assert f"\\fB{command}\\fR" in page
    if shutil.which("man"):
        shown = subprocess.run(["man", "--warnings", "-l", "-"], input=page, capture_output=True, text=True,
                               env=os.environ | {"MANPAGER": "cat", "LC_ALL": "C.UTF-8"}, timeout=TIMEOUT)
        assert shown.returncode == 0
        assert shown.stderr == ""
