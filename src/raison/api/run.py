"""A model solved over everything that is uncertain."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raison.answer.records import RunRecord, Verdict
    from raison.api.model import Model
    from raison.challenge.findings import Challenge
    from raison.run.fold import Fold
    from raison.run.plan import Plan
    from raison.show.pictures import Picture


@dataclass(frozen=True, repr=False)
class Run:
    """A model solved over everything that is uncertain.

    Attributes:
        model: What was run.
        plan: What was done.
        fold: The sums that came out.
        record: The answers: what `raison run --json` prints.
        kept: The Parquet file with the draws, if kept.
    """

    model: Model
    plan: Plan
    fold: Fold
    record: RunRecord
    kept: Path | None = None

    def __repr__(self) -> str:
        return f"<Run of {self.model.name}: {self.record.draws:,} draws, seed {self.record.seed}>"

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each question, in the file's order."""
        return self.record.questions

    def json(self, challenged: Challenge | None = None) -> str:
        """The answers as one JSON object; with what `challenge` found under the key `challenge`."""
        if challenged is None:
            return self.record.model_dump_json(by_alias=True, indent=2)
        found = self.record.model_dump(mode="json", by_alias=True)
        return json.dumps({**found, "challenge": challenged.model_dump(mode="json")}, indent=2)

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdicts, the tree, a chart, the premises."""
        from raison.show.notebook import of_run

        return of_run(self.model.record, self.record)

    def frame(self) -> Any:
        """Draws and answers as a pandas data frame; the run must have been kept.

        Raises:
            ValueError: the draws were not kept.
            ImportError: the extra `keep` is not installed.
        """
        if self.kept is None:
            raise ValueError("the draws were not kept; run with keep='draws.parquet'.")
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                "a data frame needs pandas; install it with: pip install 'raison[keep]'"
            ) from error
        return pd.read_parquet(self.kept)

    def challenge(
        self,
        questions: Sequence[int] = (0,),
        *,
        thorough: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> Challenge:
        """What challenges the verdicts: where they tip, and what the other players can do about them.

        Args:
            questions: Indices of the questions that are challenged.
            thorough: Also what takes longer: the nearest flip with all parameters free, and everything in
                games that are slow to solve.
            progress: Told what begins.

        Raises:
            ValueError: there is no such question.
        """
        from raison.challenge.challenge import challenge

        return challenge(
            self.plan,
            questions=questions,
            thorough=thorough,
            shares=[verdict.share for verdict in self.verdicts],
            progress=progress,
        )

    def picture(self, what: str, **options: Any) -> Picture:
        """A picture that stands alone: `.svg()`, `.png()`, `.save("tree.png", theme="dark")`.

        Args:
            what: `tree`, `map`, `margin`, `premises`, `regions`, `tornado`, `policy`, `process` or
                `pipeline`.
            options: Of the picture, such as `node`, `across` and `up` of a map; see `raison.api.pictures`.

        Raises:
            ValueError: there is no such picture, or the model has nothing to draw in it.
        """
        from raison.api.pictures import PICTURES

        if what not in PICTURES:
            raise ValueError(f"a picture is one of {', '.join(PICTURES)}; got '{what}'.")
        return PICTURES[what](self, **options)

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        force: bool = False,
        challenged: Challenge | None = None,
    ) -> Path:
        """Write the report as one self-contained HTML file; `challenged` is what `challenge` found.

        Raises:
            FileExistsError: the file exists and is not a report of this model.
        """
        from raison.show.live.page import make_live
        from raison.show.report import check_overwrite, write_report

        target = Path(path)
        check_overwrite(target, self.record.model.name, force)  # before what takes time
        live = make_live(self.model.record, self.record)
        write_report(target, self.model.record, self.record, force=force, challenged=challenged, live=live)
        return target
