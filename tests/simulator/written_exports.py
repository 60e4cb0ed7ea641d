"""Reads written exports back without the importer, and looks up real ones."""

import json
from pathlib import Path
from zipfile import ZipFile

import polars as pl
import pytest

Row = dict[str, object]
REAL = Path(__file__).parents[3] / "shared" / "data"


def real_text(name: str) -> str:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the real export {name} is not on this machine")
    return path.read_text(encoding="utf-8")


def members(path: Path) -> dict[str, str]:
    with ZipFile(path) as archive:
        return {
            name: archive.read(name).decode()
            for name in archive.namelist()
            if name.endswith(("json", "jsonl"))
        }


def labelled_rows(path: Path, labels: pl.DataFrame) -> list[Row]:
    """The rows of a zip's JSON arrays, each with its label's fields, in the labels' order."""
    files = {name: json.loads(members(path)[name]) for name in labels["file"].unique()}
    return [files[label["file"]][label["row"]] | label for label in labels.iter_rows(named=True)]
