# SPDX-License-Identifier: Apache-2.0
"""Samples to figures: medians, ranges, ratios paired by round; the tables in Markdown and the same as JSON."""
from __future__ import annotations

import dataclasses
import statistics

from measuring import Outcome, Sample
from workloads import Workload

PEERS = ("nginx", "haproxy", "h2o")


@dataclasses.dataclass(frozen=True)
class Spread:
    low: float
    median: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f}"


def spread(values: list[float]) -> Spread:
    return Spread(min(values), statistics.median(values), max(values))


def quartiles(values: list[float]) -> Spread:
    """Of one round there are none."""
    if len(values) < 2:
        return spread(values)
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(low, middle, high)


def figure(workload: Workload, sample: Sample) -> float:
    """What counts: CPU a unit of work, or memory a connection."""
    return sample.memory if workload.tool == "idle" else sample.cpu_us


def figures(workload: Workload, outcome: Outcome) -> list[float]:
    return [figure(workload, one) for one in outcome.samples]


def usable(outcome: Outcome | None) -> bool:
    return outcome is not None and not outcome.void and bool(outcome.samples)


def best_peer(workload: Workload, outcomes: list[Outcome]) -> Outcome | None:
    fit = [one for one in outcomes if one.kind in PEERS and usable(one)]
    return min(fit, key=lambda one: statistics.median(figures(workload, one)), default=None)


def floor_of(outcomes: list[Outcome]) -> Outcome | None:
    return next((one for one in outcomes if one.kind == "relay" and usable(one)), None)


def first_sluice(outcomes: list[Outcome]) -> Outcome | None:
    return next((one for one in outcomes if one.kind == "sluice" and usable(one)), None)


def ratio(workload: Workload, outcome: Outcome, to: Outcome | None) -> Spread | None:
    """Round by round, so that what disturbs a round disturbs both."""
    if to is None or not usable(outcome):
        return None
    pairs = [mine / theirs for mine, theirs in zip(figures(workload, outcome), figures(workload, to), strict=False)
             if theirs > 0]
    return quartiles(pairs) if pairs else None


def row(*cells: object) -> str:
    return "| " + " | ".join(str(one) for one in cells) + " |"


def header(*cells: str) -> str:
    return row(*cells) + "\n" + "|" + "---|" * len(cells)


def shown(value: Spread | None) -> str:
    return f"{value.median:.2f} ({value.low:.2f}-{value.high:.2f})" if value else ""


def median_of(outcome: Outcome, name: str) -> float:
    return statistics.median(getattr(one, name) for one in outcome.samples)


def columns_of(workload: Workload, outcomes: list[Outcome]) -> list[str]:
    is_memory = workload.tool == "idle"
    columns = ["proxy", f"bytes per {workload.unit}" if is_memory else f"CPU us per {workload.unit}", "range",
               "to best peer (quartiles)"]
    if floor_of(outcomes):
        columns.append("to floor")
    if sum(one.kind == "sluice" for one in outcomes) > 1:
        columns.append("to first sluice (quartiles)")
    if not is_memory:
        columns += [f"{workload.unit}s/s", "p50 us", "p99 us", "p99.9 us"]
    if workload.direct:
        columns += ["added p50 us", "added p99 us"]
    if workload.reloads:
        columns.append("connections lost")
    columns.append("PSS MiB")
    columns += profile_columns(outcomes)
    return columns


def profile_columns(outcomes: list[Outcome]) -> list[str]:
    found: dict[str, None] = {}
    for one in outcomes:
        found.update(dict.fromkeys(one.profile))
    return list(found)


def line_of(workload: Workload, outcome: Outcome, outcomes: list[Outcome]) -> str:
    columns = columns_of(workload, outcomes)
    if not usable(outcome):
        return row(outcome.name, f"void: {outcome.void or 'not measured'}", *[""] * (len(columns) - 2))
    mine = spread(figures(workload, outcome))
    digits = 0 if workload.tool == "idle" else 2
    cells: list[object] = [outcome.name, f"{mine.median:,.{digits}f}",
                           f"{mine.low:,.{digits}f}-{mine.high:,.{digits}f}"]
    if outcome.kind == "direct":
        cells = [outcome.name, "", ""]
    compares = outcome.kind != "direct"
    cells.append(shown(ratio(workload, outcome, best_peer(workload, outcomes))) if compares else "")
    if floor_of(outcomes):
        to_floor = ratio(workload, outcome, floor_of(outcomes)) if compares else None
        cells.append(f"{to_floor.median:.2f}" if to_floor else "")
    if sum(one.kind == "sluice" for one in outcomes) > 1:
        to_first = ratio(workload, outcome, first_sluice(outcomes)) if outcome.kind == "sluice" else None
        cells.append(shown(to_first))
    if workload.tool != "idle":
        cells += [f"{median_of(outcome, name):,.0f}" for name in ("per_second", "p50", "p99", "p999")]
    if workload.direct:
        cells += [added_latency(outcome, outcomes, name) for name in ("p50", "p99")]
    if workload.reloads:
        cells.append(sum(one.lost for one in outcome.samples))
    cells.append(f"{median_of(outcome, 'pss_kib') / 1024:.1f}" if compares else "")
    for name in profile_columns(outcomes):
        value = outcome.profile.get(name)
        cells.append("" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.2f}")
    return row(*cells)


def added_latency(outcome: Outcome, outcomes: list[Outcome], name: str) -> str:
    direct = next((one for one in outcomes if one.kind == "direct" and usable(one)), None)
    if direct is None or outcome.kind == "direct":
        return ""
    pairs = zip(outcome.samples, direct.samples, strict=False)
    return f"{statistics.median(getattr(mine, name) - getattr(bare, name) for mine, bare in pairs):,.0f}"


def table(workload: Workload, outcomes: list[Outcome], notes: dict[str, object]) -> str:
    lines = [f"### {workload.name}", "", sentence(workload, notes), "", header(*columns_of(workload, outcomes))]
    lines += [line_of(workload, one, outcomes) for one in outcomes]
    lines += ["", *[f"Without {name}: {why}." for name, why in workload.without]]
    return "\n".join(lines).rstrip() + "\n"


def sentence(workload: Workload, notes: dict[str, object]) -> str:
    text = workload.what[0].upper() + workload.what[1:]
    if "rate" in notes:
        text += f", {notes['rate']} events/s each"
    return text + "."


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One sluice in one workload: how it stands to its bound."""
    workload: Workload
    name: str
    best: str
    to_best: Spread | None
    to_floor: Spread | None
    bytes_each: float | None
    void: str

    def holds(self) -> bool | None:
        """Nothing: there is no bound, or nobody to compare with."""
        if self.void:
            return False
        known = []
        if self.workload.at_most is not None and self.to_best:
            known.append(self.to_best.median <= self.workload.at_most)
        if self.workload.floor_at_most is not None and self.to_floor:
            known.append(self.to_floor.median <= self.workload.floor_at_most)
        if self.workload.bytes_at_most is not None and self.bytes_each is not None:
            known.append(self.bytes_each <= self.workload.bytes_at_most)
        return all(known) if known else None


def verdicts(workload: Workload, outcomes: list[Outcome]) -> list[Verdict]:
    best, floor = best_peer(workload, outcomes), floor_of(outcomes)
    found = []
    for one in outcomes:
        if one.kind != "sluice":
            continue
        is_memory = workload.tool == "idle" and usable(one)
        found.append(Verdict(workload, one.name, best.name if best else "", ratio(workload, one, best),
                             ratio(workload, one, floor),
                             statistics.median(figures(workload, one)) if is_memory else None, one.void))
    return found


def summary(all_verdicts: list[Verdict]) -> str:
    lines = ["### All workloads", "",
             header("workload", "proxy", "best peer", "ratio (quartiles)", "at most", "to floor", "holds")]
    for one in all_verdicts:
        bound = one.workload.at_most or ""
        if one.workload.bytes_at_most:
            bound = f"{one.workload.bytes_at_most} bytes"
        to_floor = f"{one.to_floor.median:.2f}" if one.to_floor else ""
        if to_floor and one.workload.floor_at_most:
            to_floor += f" (at most {one.workload.floor_at_most})"
        value = f"void: {one.void}" if one.void else shown(one.to_best)
        if one.bytes_each is not None and not one.void:
            value += f", {one.bytes_each:,.0f} bytes"
        holds = {True: "yes", False: "no", None: ""}[one.holds()]
        lines.append(row(one.workload.name, one.name, one.best, value, bound, to_floor, holds))
    return "\n".join(lines) + "\n"


def as_json(workload: Workload, outcomes: list[Outcome], notes: dict[str, object]) -> dict[str, object]:
    best, floor = best_peer(workload, outcomes), floor_of(outcomes)
    subjects = {}
    for one in outcomes:
        entry: dict[str, object] = {"kind": one.kind, "void": one.void or None,
                                    "rounds": [dataclasses.asdict(sample) for sample in one.samples],
                                    "profile": one.profile}
        if usable(one) and one.kind != "direct":
            entry["figure"] = dataclasses.asdict(spread(figures(workload, one)))
            for name, other in (("to_best_peer", best), ("to_floor", floor)):
                found = ratio(workload, one, other)
                entry[name] = dataclasses.asdict(found) if found else None
        subjects[one.name] = entry
    return {"what": workload.what, "unit": workload.unit, "at_most": workload.at_most,
            "floor_at_most": workload.floor_at_most, "bytes_at_most": workload.bytes_at_most,
            "best_peer": best.name if best else None, "notes": notes, "subjects": subjects,
            "without": dict(workload.without)}
