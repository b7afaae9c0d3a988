"""The tables of docs/models/kremlin-2022.md, made from the model's file and from one run of it.

`python scripts/flagship.py RUN.json` writes them all from `raison run kremlin-2022 --draws 100000 --seed 1
--json`. The table of rows needs no run: `scripts/generated.py` writes it, and checks that it is not stale.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import raison
from raison.model.reader import read_file

PAGE = Path(__file__).parents[1] / "docs" / "models" / "kremlin-2022.md"
PACKAGE = Path(raison.__file__).parent
FILE = PACKAGE / "gallery" / "threads2022" / "kremlin-2022.yaml"
MECHANISMS = {
    "face": "face",
    "call_up": "mobilisation",
    "street": "revolt",
    "guns": "apparatus",
    "clique": "clique",
    "war": "war",
}

ROWS: Mapping[str, tuple[str, Sequence[str]]] = {
    "M01": ("office before the nation", ("theta", "v_held")),
    "M02": ("a way out that keeps power", ("after_blow", "v_yielded")),
    "M03": ("the bar depends on the opponent", ("gap_strong", "gap_weak", "face.bar_at")),
    "M04": ("believed against true strength", ("underrated", "awe", "face.kept_at")),
    "M05": ("face lost, and going on being lost", ("lost", "flow")),
    "M06": ("a new opponent, a new judgement", ("before_strong", "carried", "switch_gain")),
    "M07": ("a draw shames the stronger side", ("draw_shame",)),
    "M08": (
        "strike and retaliation, contained",
        ("reply", "exchange", "slide", "bearable", "war.critical_risk"),
    ),
    "M09": ("surviving is a total win", ("second_blow", "triumph", "ruin_risk")),
    "M10": ("being hit rallies; honour as a story", ("after_a_blow", "rally", "framing")),
    "M11": ("his own audience counts", ("weighed", "core_weight")),
    "M12": ("a heavy loss to the strong says little", ("noise_strong", "noise_step")),
    "M13": ("not destroyed is a win", ("standing",)),
    "M14": ("whom one yields to", ("identity", "yield_weak")),
    "M15": ("a second round", ("round_two", "patience_time")),
    "M16": ("a call-up takes away potential rebels", ("street_holds", "called_share", "street.weight")),
    "M17": ("they matter only where power weakens", ("stays", "only_if_weak", "street.chance")),
    "M18": ("a call-up stirs up unrest", ("called", "idle_trained", "street.weight")),
    "M19": ("capacity that was kept has decayed", ("places", "years", "call_up.capacity_after")),
    "M20": ("four stages", ("led", "call_up.pipeline", "call_up.can_be_led")),
    "M21": ("spare capacity in peace as insurance", ("places", "call_up.worth_keeping", "call_up.spare")),
    "M22": ("training is the bottleneck; skipping it", ("places", "training", "rushed", "call_up.rushed")),
    "M23": ("all guns in one hand", ("coup_here", "guns_hold", "guns.succeeds")),
    "M24": ("no guards in the regions", ("guards_here", "guns.secession")),
    "M25": ("forces that face inward", ("home", "front_drift", "guns.wins")),
    "M26": ("an apparatus of unknown size", ("order_at_home", "guns.unseen")),
    "M27": ("private armies outside the law", ("mutiny", "mutiny_here", "guns.prosecuted")),
    "M28": ("rival explanations of the call-up", ("hawks", "hawks_count")),
    "M29": ("an order obeyed as a signal", ("complied", "pull_shown", "clique.show_worth")),
    "M30": ("what he brings the clique against his rent", ("pull", "bite", "clique.most")),
    "M31": ("recognition abroad", ("most", "valued_abroad", "clique.recognition")),
    "M32": ("disrespect spreads", ("pull_struck", "clique.cascade")),
    "M33": ("a show at home for recognition abroad", ("pull", "substitutes")),
    "H1": ("the answer is limited", ("ruin_on_table", "reply")),
    "H2": ("it comes although it helps him", ("foresight", "expected")),
    "H3": ("no inference from the strike", ("inferred", "drag")),
    "H4": ("the order is obeyed", ("order", "would_obey", "clique.deserters")),
    "H5": ("the other war stops", ("war_goes_on", "one_verdict")),
    "H6": ("recognition stays", ("derecognition", "snub")),
}

SHOWN = (
    "the strike is rational",
    "he would call up",
    "he strikes and is struck back",
    "the strike would pay if it drew a limited blow",
    "the strike would pay if it went unanswered",
    "the blow is limited",
)
HEADS = (
    "strike is rational",
    "difference",
    "s.e.",
    "calls up",
    "struck back",
    "pays if answered",
    "pays if unanswered",
    "blow is limited",
)


def rows_table() -> str:
    """Each row of the inventory with the lines that implement it and the premise that removes it."""
    premises = read_file(FILE).model.premises  # type: ignore[union-attr]
    lines = ["| row | mechanism | implemented by, at line | premise, at line |", "|---|---|---|---|"]
    for row, (what, names) in ROWS.items():
        own = [name for name in premises if name.split("-")[0] == row]
        if not own:
            raise ValueError(f"row {row} has no premise in {FILE.name}.")
        there = ", ".join(_located(name) for name in names)
        lines.append(f"| {row} | {what} | {there} | {', '.join(_located(name) for name in own)} |")
    return "\n".join(lines)


def _located(name: str) -> str:
    prefix, _, inner = name.rpartition(".")
    path = PACKAGE / "mechanisms" / f"{MECHANISMS[prefix]}.yaml" if prefix else FILE
    opening = re.compile(rf"^  (?:  )?{re.escape(inner)}(?:\([^)]*\))?:")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if opening.match(line):
            return f"`{name}` {number}" if not prefix else f"`{name}` ({path.stem} {number})"
    raise ValueError(f"'{name}' is not defined in {path.name}; mend ROWS in scripts/flagship.py.")


def with_rows(page: str) -> str:
    """The page with its table of rows as the file has it now."""
    return _replaced(page, "rows", rows_table())


def _replaced(page: str, block: str, text: str) -> str:
    start, end = f"<!-- {block}: made by scripts/flagship.py -->\n", "<!-- end -->"
    before, found, rest = page.partition(start)
    if not found:
        raise ValueError(f"{PAGE.name} has no block '{block}'; it opens with '{start.strip()}'.")
    return f"{before}{start}\n{text}\n\n{end}{rest.partition(end)[2]}"


def _tables(run: Mapping[str, Any]) -> dict[str, str]:
    questions = {question["name"]: question for question in run["questions"]}
    shares = [q for q in questions.values() if q["share"] is not None]
    amounts = [q for q in questions.values() if q["mean"] is not None]
    verdict = ["| question | share of draws | standard error |", "|---|---|---|"]
    verdict += [f"| {q['name']} | {_percent(q['share'])} | {_points(q['standard_error'])} |" for q in shares]
    means = ["| amount | mean | standard error | 5% | median | 95% |", "|---|---|---|---|---|---|"]
    for q in amounts:
        spread = (q["quantiles"][key] for key in ("q05", "median", "q95"))
        error = q["mean_standard_error"]
        cells = [
            _amount(q["mean"]),
            f"{error:.0f}" if abs(q["mean"]) > 100 else f"{error:.5f}",
            *map(_amount, spread),
        ]
        means.append(f"| {q['name']} | {' | '.join(cells)} |")
    alone = [r for r in run["removals"] if len(r["premises"]) == 1]
    sets = [r for r in run["removals"] if len(r["premises"]) > 1]
    return {
        "verdict": "\n".join([*verdict, "", *means]),
        "alone": _removals(alone, run),
        "sets": _removals(sets, None),
    }


def _removals(removals: Sequence[Mapping[str, Any]], run: Mapping[str, Any] | None) -> str:
    lines = [f"| removed | {' | '.join(HEADS)} |", "|---" * (len(HEADS) + 1) + "|"]
    if run is not None:
        own = {question["name"]: question["share"] for question in run["questions"]}
        shown = [_percent(own[name]) for name in SHOWN]
        lines.append(f"| *nothing* | {shown[0]} | | | {' | '.join(shown[1:])} |")
        changes = lambda removal: removal["changes"][0]["difference"]
        removals = sorted(removals, key=changes)
    for removal in removals:
        found = {change["question"]: change for change in removal["changes"]}
        first = found[SHOWN[0]]
        moved = f"{100 * first['difference']:+.1f} | {100 * first['difference_standard_error']:.2f}"
        rest = " | ".join(_percent(found[name]["value"]) for name in SHOWN[1:])
        lines.append(f"| `{removal['name']}` | {_percent(first['value'])} | {moved} | {rest} |")
    return "\n".join(lines)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%" if 0 < share < 0.0005 else f"{100 * share:.1f}%"


def _points(error: float) -> str:
    return f"{100 * error:.2f}" if error >= 0.00005 else "below 0.01"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) > 100 else f"{value:.3f}"


def main() -> None:
    """Write the tables of the page from a run's JSON."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: python scripts/{Path(__file__).name} RUN.json")
    page = with_rows(PAGE.read_text(encoding="utf-8"))
    for block, text in _tables(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))).items():
        page = _replaced(page, block, text)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
