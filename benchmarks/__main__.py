"""`python -m benchmarks`: run the benchmarks, print one table, write the numbers as JSON.

Without `--only`, every topic runs in a process of its own, so that none leaves threads or memory to the
next.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.common import Report, Row, Target, environment, machine

TOPICS = (
    "crisis",
    "flagship_game",
    "flagship_growth",
    "draws",
    "startup",
    "run",
    "large",
    "sequential",
    "hidden",
    "sensitivity",
    "regions",
    "challenge",
    "processes",
    "rounds",
    "live",
    "serve",
)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure raison beside its peers."
    )
    parser.add_argument("--only", action="append", choices=TOPICS, help="a topic to run; again for more")
    parser.add_argument("--output", type=Path, default=Path("benchmarks.json"), help="where the numbers go")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    described = machine()
    reports: list[Report] = []
    for topic in arguments.only or TOPICS:
        if not arguments.here:
            print(f"{topic} ...", file=sys.stderr, flush=True)
        reports.append(import_module(f"benchmarks.{topic}").run() if arguments.here else _apart(topic))
    record = {"machine": described, "topics": [_plain(report) for report in reports]}
    arguments.output.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    if not arguments.here:
        print(
            "\n".join([*_machine_lines(described), *(line for report in reports for line in lines(report))])
        )


def _apart(topic: str) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "topic.json"
        command = [sys.executable, "-m", "benchmarks", "--here", "--only", topic, "--output", str(output)]
        subprocess.run(command, check=True, env=environment())
        found = json.loads(output.read_text(encoding="utf-8"))["topics"][0]
    rows = [Row(r["name"], tuple(r["samples"]), r["unit"], r["note"]) for r in found["rows"]]
    targets = [Target(t["name"], t["value"], t["wanted"], t["most"]) for t in found["targets"]]
    return Report(found["topic"], rows, targets, found["notes"])


def _plain(report: Report) -> dict[str, object]:
    plain = asdict(report)
    for target, found in zip(report.targets, plain["targets"], strict=True):
        found["met"] = target.met
    return plain


def _machine_lines(described: dict[str, str]) -> list[str]:
    return [f"{name:12} {text}" for name, text in described.items()]


def lines(report: Report) -> list[str]:
    """A report as lines of text: what was measured, what was wanted, notes."""
    shown = ["", f"## {report.topic}", ""]
    shown.append(f"{'':52} {'median':>12} {'lowest':>12} {'highest':>12}  unit")
    for row in report.rows:
        figures = " ".join(f"{number:12,.4g}" for number in (row.median, min(row.samples), max(row.samples)))
        shown.append(f"{row.name:52} {figures}  {row.unit}" + (f"  ({row.note})" if row.note else ""))
    if report.targets:
        shown.append("")
    for target in report.targets:
        sign, verdict = "<=" if target.most else ">=", "met" if target.met else "NOT MET"
        shown.append(f"{target.name:52} {target.value:12,.4g}   {sign} {target.wanted:<10,.4g} {verdict}")
    shown += ["", *report.notes] if report.notes else []
    return shown


if __name__ == "__main__":
    main()
