"""Simulated exports, read by the readers and resolved, with the true play of every row."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from assets.listening.readers import open_export
from assets.listening.resolve import Resolved, resolve

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = ("import_id", "file", "row")


@dataclass
class Imported:
    """Exports of one listener, one import each."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    labels: list[pl.DataFrame] = field(default_factory=list)
    ends: dict[str, datetime] = field(default_factory=dict)

    def add(self, path: Path, labels: pl.DataFrame) -> "Imported":
        import_id = path.name
        batches = list(open_export(path, import_id=import_id, user_id="listener", now=NOW))
        frame = pl.concat([batch.plays for batch in batches])
        clock = frame.select(pl.coalesce("ended_at", "started_at").max()).item()
        self.frames.append(frame)
        self.labels.append(labels.select("file", "row", "play_no", "why", import_id=pl.lit(import_id)))
        self.ends[import_id] = clock
        return self

    def resolved(self) -> Resolved:
        raw = pl.concat(self.frames)
        imports = pl.LazyFrame({"import_id": list(self.ends), "last_played_at": list(self.ends.values())})
        return resolve(raw.lazy(), imports, raw["month"].unique().to_list())

    def truth_of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """``rows`` with the ``play_no`` that each tells of and ``why`` it was written."""
        return rows.join(pl.concat(self.labels), on=PLACE, how="left", validate="1:1")
