"""``longplay status``: what it tells within 80 columns, as JSON, and what it loads."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from command_line import Longplay
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from pipelines.chain_status import ChainStatus
from pipelines.ledger import ledger
from pipelines.status import Status, show_troubles
from resources.snapshots import Snapshot

HEAVY = ("dagster", "polars", "deltalake", "dbt", "duckdb", "requests", "alembic")


def row(**given: object) -> dict[str, Any]:
    counts = dict.fromkeys(("rows_read", "rows_stored", "rows_duplicate", "rows_rejected"), 0)
    named = {"import_id": "0123456789abcdef", "file_name": "data.zip", "user_id": "me", "status": "completed"}
    return {**named, **counts, **given}


def printed(rows: list[dict[str, Any]], width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(ledger(rows, width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


COUNT = st.integers(0, 99_999_999)
ROWS = st.builds(
    row,
    file_name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=90),
    user_id=st.sampled_from(["me", "a-listener-with-a-long-name", "o" * 120, "山田" * 20]),
    status=st.sampled_from(["completed", "held", "undone", "running"]),
    rows_read=COUNT,
    rows_stored=COUNT,
    rows_duplicate=COUNT,
    rows_rejected=st.none() | COUNT,
)


@settings(max_examples=40)
@given(st.lists(ROWS, min_size=1, max_size=4), st.sampled_from([80, 100, 160]))
def test_the_ledger_fits_the_terminal_and_cuts_no_count_id_or_status(
    rows: list[dict[str, Any]], width: int
) -> None:
    text = printed(rows, width)
    assert max(map(cell_len, text.splitlines())) <= width
    for each in rows:
        for name in ("rows_read", "rows_stored", "rows_duplicate", "rows_rejected"):
            assert (f"{each[name]:,}" if each[name] is not None else "–") in text
        assert each["import_id"] in text
        assert each["status"] in text


def test_a_wide_terminal_shows_the_table_and_a_narrow_one_the_sum() -> None:
    rows = [
        row(rows_read=1_234_567, rows_stored=1_234_000, rows_duplicate=500, rows_rejected=67, user_id=user)
        for user in ("me", "ada")
    ]
    assert "duplicate" in printed(rows, 160).splitlines()[2]
    assert "read 1,234,567 = stored 1,234,000 + duplicate 500 + rejected 67" in printed(rows, 80)


def test_what_is_undone_is_shown_as_no_sum() -> None:
    undone = row(status="undone", rows_read=616, rows_stored=0, rows_duplicate=0, rows_rejected=1)
    narrow = [undone | {"user_id": user, "file_name": "x" * 60} for user in ("me", "ada")]
    assert "616 =" not in printed(narrow, 80)
    assert "read 616 before it was undone; now stored 0 + duplicate 0 + rejected 1" in printed(narrow, 80)


def test_status_as_json_holds_what_a_person_is_shown(longplay: Longplay) -> None:
    code, out, _ = longplay("status", "--json")
    told = json.loads(out)
    assert code == 0
    assert told == {
        "imports": [],
        "loose_files": [],
        "is_warehouse_whole": True,
        "unpublished_imports": [],
        "unbalanced_imports": [],
        "spotify": None,
        "trust_chain": {"blocks": 0, "pending": 0, "quarantined": 0, "repaired_at": None},
        "published": None,
    }
    assert "Nothing is published yet" in longplay("status")[1]


def test_rows_that_no_reader_sees_are_told_with_the_command_that_shows_them() -> None:
    then = datetime(2024, 5, 1, tzinfo=UTC)
    published = Snapshot("20240501T000000.000000Z", then, {})
    settled = {"before": then, "after": then + timedelta(minutes=1), "not yet": None}
    rows = [
        {"import_id": name, "status": "completed", "rows_stored": 1, "finished_at": at}
        for name, at in settled.items()
    ]
    empty = {"import_id": "empty", "status": "completed", "rows_stored": 0, "finished_at": None}
    held = {"import_id": "held", "status": "held", "rows_stored": 0, "finished_at": None}
    told = Status([*rows, empty, held], [], None, ChainStatus(0, 0, 0, None), published)
    assert told.left == ["after", "not yet"]
    assert replace(told, published=None).left == ["before", "after", "not yet"]


@pytest.mark.parametrize("module", ["pipelines.cli", "pipelines.status"])
def test_neither_help_nor_status_load_what_only_pipelines_need(module: str) -> None:
    """Fails in milliseconds what would cost every command seconds."""
    program = f"import sys, {module}; print(*(n for n in {HEAVY} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_help_loads_neither_settings_nor_the_database() -> None:
    program = "import sys, pipelines.cli; print(*(n for n in ('pydantic', 'sqlalchemy') if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_moments_in_json_have_their_zone() -> None:
    from pipelines.status import _plain

    assert _plain(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00+00:00"


def test_a_held_import_is_said_to_be_held_and_not_accounted_for() -> None:
    held = row(status="held", rows_read=200, error="import it again with --yes")
    chain = ChainStatus(blocks=0, pending=0, quarantined=0, repaired_at=None)
    console = Console(file=io.StringIO(), width=80)
    show_troubles(console, Status([held, row(import_id="b", error=None)], [], None, chain, None))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert f"Held, of which nothing is stored: {held['import_id']}." in text
    assert "Every other row is accounted for" in text
    assert "Every row is" not in text
