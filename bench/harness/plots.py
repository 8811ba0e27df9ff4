# SPDX-License-Identifier: Apache-2.0
"""The figures as pictures, SVG and PNG, drawn by gnuplot: every proxy beside the best peer, and what grows with
what."""
from __future__ import annotations

import pathlib
import shutil
import statistics
import subprocess

COLOURS = {"relay": "#999999", "nginx": "#2a9d3a", "haproxy": "#2f6fb5", "h2o": "#e08a1e", "sluice": "#c02040"}


def draw(results: dict, to: pathlib.Path) -> list[pathlib.Path]:
    """Writes TO.svg and TO.png, and TO-sweeps.* where there are sweeps; nothing where there is no gnuplot."""
    if not shutil.which("gnuplot"):
        return []
    made = []
    drawn = {name: one for name, one in results.get("workloads", {}).items() if one["best_peer"]}
    if drawn:
        made += plot(comparison(drawn), to, 900, 140 + 40 * len(drawn))
    sweeps = {name: one for name, one in results.get("sweeps", {}).items() if "points" in one}
    if sweeps:
        made += plot(growth(sweeps), to.with_name(to.name + "-sweeps"), 900, 260 * ((len(sweeps) + 1) // 2))
    return made


def plot(script: str, to: pathlib.Path, width: int, height: int) -> list[pathlib.Path]:
    made = []
    for terminal, suffix in (("svg dynamic background rgb 'white' font 'sans,12'", ".svg"),
                             ("pngcairo font 'sans,10'", ".png")):
        path = to.with_name(to.name + suffix)
        begin = f"set terminal {terminal} size {width},{height}\nset output {quoted(str(path))}\n"
        subprocess.run(["gnuplot"], input=begin + script, text=True, check=True)
        made.append(path)
    return made


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def comparison(workloads: dict[str, dict]) -> str:
    """A line a workload, a point a proxy: its ratio to the best peer with its quartiles."""
    names = list(workloads)[::-1]  # gnuplot counts from below
    kinds: dict[str, tuple[str, list[str]]] = {}
    for height, name in enumerate(names):
        for subject, one in workloads[name]["subjects"].items():
            ratio = one.get("to_best_peer")
            if ratio:
                rows = kinds.setdefault(subject, (one["kind"], []))[1]
                shift = 0.12 * (list(COLOURS).index(one["kind"]) - 2)
                rows.append(f"{ratio['median']:.4f} {height - shift:.3f} {ratio['low']:.4f} {ratio['high']:.4f}")
    bounds = [f"{workloads[name]['at_most']} {height}" for height, name in enumerate(names)
              if workloads[name]["at_most"]]
    tics = ", ".join(f"{quoted(name)} {height}" for height, name in enumerate(names))
    blocks, parts = [], []
    for number, (subject, (kind, rows)) in enumerate(kinds.items()):
        blocks.append(f"$s{number} << END\n" + "\n".join(rows) + "\nEND\n")
        size = 1.1 if kind == "sluice" else 0.8
        parts.append(f"$s{number} using 1:2:3:4 with xerrorbars pt 7 ps {size} lw 1.5 "
                     f"lc rgb {quoted(COLOURS[kind])} title {quoted(subject)}")
    if bounds:
        blocks.append("$bounds << END\n" + "\n".join(bounds) + "\nEND\n")
        parts.append("$bounds using 1:2 with points pt '|' ps 2 lc rgb '#c02040' title 'sluice at most'")
    return "".join(blocks) + f"""
set title 'CPU per unit of work (idle-*: memory per connection), best peer = 1; less is better'
set yrange [-0.6:{len(names) - 0.4}]
set xrange [0:*<3]
set ytics ({tics}) noenhanced
set grid x lc rgb '#dddddd'
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb '#666666' dt 2
set key outside bottom center horizontal noenhanced
plot {', '.join(parts)}
"""


def growth(sweeps: dict[str, dict]) -> str:
    """A small picture a sweep: CPU microseconds a request with the range over all rounds."""
    rows = (len(sweeps) + 1) // 2
    script = [f"set multiplot layout {rows},2\nset key off\nset grid lc rgb '#dddddd'\nset yrange [0:*]\n"
              "set ylabel 'CPU us per request'\n"]
    for name, sweep in sweeps.items():
        points = []
        for point in sweep["points"]:
            cpu = [one["cpu_us"] for one in point["rounds"]]
            points.append(f"{point['at']} {statistics.median(cpu):.3f} {min(cpu):.3f} {max(cpu):.3f}")
        at = [point["at"] for point in sweep["points"]]
        if name in ("workers", "body"):
            begin = f"unset logscale x\nset xrange [{at[0] - at[-1] / 20}:{at[-1] * 1.05}]\n"
        else:
            begin = f"set logscale x\nset xrange [{at[0] / 1.5}:{at[-1] * 1.5}]\n"
        tics = "set xtics (" + ", ".join(
            f"{quoted(size(one) if name == 'body' else f'{one:,}')} {one}" for one in at
            if name != "body" or one >= 262_144 or one == 0) + ")\n"
        script.append(f"$d << END\n" + "\n".join(points) + f"\nEND\n{begin}{tics}set title {quoted(name)}\n"
                      "plot $d using 1:2 with lines lw 2 lc rgb '#c02040', "
                      "$d using 1:2:3:4 with yerrorbars pt 7 ps 0.8 lc rgb '#c02040'\n")
    return "".join(script) + "unset multiplot\n"


def size(count: int) -> str:
    for unit, name in ((1024 * 1024, "MiB"), (1024, "KiB")):
        if count >= unit:
            return f"{count // unit} {name}"
    return str(count)
