"""Keeping every draw with its answers in a Parquet file, block by block (extra `keep`).

Columns: `draw`, `status` (a sentence), every parameter and quantity by its name, and for each question its
number under the question's name and, for moves, `margin: NAME`. A question that does not apply to a draw is
null.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raison.model.records import Distribution
from raison.run.plan import Plan

_OWNER = b"raison model"
_IDENTITY = b"raison run"


@dataclass(slots=True)
class DrawsFile:
    """A Parquet file being written; it takes its name only when it is complete."""

    path: Path
    plan: Plan
    writer: Any
    written: int

    @property
    def _temporary(self) -> Path:
        return self.path.with_name(self.path.name + ".writing")

    @property
    def _aside(self) -> Path:
        return self.path.with_name(self.path.name + ".partial")

    @staticmethod
    def open(path: Path, plan: Plan, blocks: int) -> DrawsFile:
        """Begin a file, or go on with the one that an interrupted run set aside.

        Raises:
            ImportError: the extra `keep` is not installed.
            FileNotFoundError: the run is resumed but its draws were not set aside.
            ValueError: the draws that were set aside are another run's, or are not all there.
        """
        pq = _parquet()
        file = DrawsFile(path, plan, None, 0)
        if blocks:
            if not file._aside.exists():
                raise FileNotFoundError(
                    f"{file._aside} with the draws of the interrupted run is needed and is not there; "
                    "resume without --keep, or start again."
                )
            with pq.ParquetFile(file._aside) as before:
                owner = (before.schema_arrow.metadata or {}).get(_IDENTITY)
                if owner != _identity(plan) or before.num_row_groups < blocks:
                    raise ValueError(
                        f"{file._aside} needs the first {blocks} blocks of draws of the interrupted run, and "
                        "has others; resume without --keep, or start again."
                    )
                for group in range(blocks):
                    file._append(before.read_row_group(group))
        return file

    def write(self, rows: dict[str, Any]) -> None:
        """Append one block."""
        import pyarrow as pa

        reasons = np.array(self.plan.base.block.program.reasons)
        columns: dict[str, Any] = {"draw": rows["draw"], "status": reasons[rows["status"]]}
        model = self.plan.base.block.program.model
        for name in (*model.parameters, *model.quantities):
            if name not in rows["values"]:  # it depends on results of the game
                continue
            values = rows["values"][name]
            parameter = model.parameters.get(name)
            definition = parameter.value if parameter is not None else None
            if isinstance(definition, Distribution) and definition.names:
                values = np.array(definition.names)[values.astype(int)]
            columns[name] = values
        for q, question in enumerate(model.questions):
            label = question.label if question.label not in columns else f"question {q + 1}: {question.label}"
            answer = rows["answers"][q]
            hidden = ~answer["applies"]
            columns[label] = pa.array(answer["number"], mask=hidden)
            if answer["margin"] is not None:
                columns[f"margin: {label}"] = pa.array(answer["margin"], mask=hidden)
        self._append(pa.table(columns))

    def _append(self, table: Any) -> None:
        pq = _parquet()
        if self.writer is None:
            owner = {_OWNER: self.plan.model.name.encode(), _IDENTITY: _identity(self.plan)}
            schema = table.schema.with_metadata({**(table.schema.metadata or {}), **owner})
            self.writer = pq.ParquetWriter(self._temporary, schema, compression="zstd")
        self.writer.write_table(table.replace_schema_metadata(self.writer.schema.metadata))
        self.written += 1

    def close(self) -> None:
        """Finish the file and give it its name."""
        if self.writer is not None:
            self.writer.close()
            os.replace(self._temporary, self.path)
        self._aside.unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Finish what is there under another name, to go on with later."""
        if self.writer is not None:
            self.writer.close()
            os.replace(self._temporary, self._aside)

    def discard(self) -> None:
        """Give up."""
        if self.writer is not None:
            self.writer.close()
        self._temporary.unlink(missing_ok=True)


def _identity(plan: Plan) -> bytes:
    return json.dumps(dataclasses.asdict(plan.identity)).encode()


def kept_for(path: Path) -> str | None:
    """The name of the model whose draws a file keeps; None if raison did not write it."""
    pq = _parquet()
    try:
        metadata = pq.read_schema(path).metadata or {}
    except Exception:
        return None
    owner = metadata.get(_OWNER)
    return None if owner is None else owner.decode()


def _parquet() -> Any:
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError(
            "keeping draws needs pyarrow; install it with: pip install 'raison[keep]'"
        ) from error
    return pq


def check_overwrite(path: Path, model: str, force: bool) -> None:
    """Refuse to overwrite a file that raison did not write for the same model.

    Raises:
        FileExistsError: it exists, is not this model's, and `force` is False.
        ImportError: the extra `keep` is not installed.
    """
    _parquet()
    if force or not path.exists() or kept_for(path) == model:
        return
    raise FileExistsError(
        f"{path} exists and does not keep draws of '{model}'; give another name or use --force."
    )
