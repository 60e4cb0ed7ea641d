"""What the commands do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from assets.marts.registry import marts
from assets.tables import LAKE_TABLES
from assets.views import DBT_PROJECT, newest_build
from pipelines import accounts, dashboard, unfinished
from pipelines.clear import clear
from pipelines.exit_codes import Exit, exit_of
from pipelines.run import RunFailedError, Runner
from pipelines.status import show as show_status
from pipelines.status import status as current
from pipelines.suggest import unknown_table
from resources import snapshots
from resources.settlement import UnknownImportError
from resources.world import World

_OF_THE_FILE = ("UnreadableExport", "PermissionError", "FileNotFoundError")


def import_paths(
    world: World, console: Console, paths: Sequence[Path], user_id: str, *, is_confirmed: bool
) -> int:
    """Imports each path, makes the tables once, shows the ledger; returns the exit code."""
    read, code = _imported(world, console, paths, user_id, is_confirmed=is_confirmed)
    if read:
        console.print(
            "Marts (listens, days, sittings, streaks, years): [bold]longplay materialize[/] makes them, "
            "and a running [bold]longplay up[/] does it by itself.",
            soft_wrap=True,
        )
    return code


def _imported(
    world: World, console: Console, paths: Sequence[Path], user_id: str, *, is_confirmed: bool
) -> tuple[list[dict[str, Any]], int]:
    """What was read, and the exit code."""
    read: list[dict[str, Any]] = []
    code: int = Exit.DONE
    runner = Runner(world)
    with _watched(world, console) as hide:
        for path in paths:
            if not path.exists():
                hide()
                _complain(console, f"{path}: there is no such file or folder.")
                code = Exit.UNREADABLE
                continue
            try:
                read.append(runner.import_path(path, user_id, is_confirmed=is_confirmed))
            except RunFailedError as error:
                hide()
                _complain(console, str(error))
                code = Exit.UNREADABLE if error.cause in _OF_THE_FILE else code or exit_of(error)
    unfinished.end_cut_off_imports(world)
    left = unfinished.imports(world)
    months = {month for result in (*read, *left) for month in result["months"]}
    if read:
        months |= set(unfinished.months_apart(world))
        for row in left:
            if row["status"] == "undone":
                unfinished.take_out(world, row["import_id"])
        runner.follow(sorted(months), sorted({user_id} | {row["user_id"] for row in left}))
    _show(world, console, user_id, read)
    return read, code or _accounted_for(world, console, read)


def _complain(console: Console, message: str) -> None:
    """One line, however long, so that it can be searched for."""
    console.print(message, style="red", markup=False, soft_wrap=True)


def demo(world: World, console: Console, plays: int, seed: int) -> int:
    """A simulated listener, imported like anybody's export, with every table made."""
    from simulator import simulate, write_extended  # noqa: PLC0415

    last_day = world.clock().date()
    with TemporaryDirectory() as folder:
        export = Path(folder) / "my_spotify_data.zip"
        with console.status(f"Inventing {plays:,} plays …"):
            truth = simulate(
                seed, plays=plays, first_day=last_day - timedelta(days=6 * 365), last_day=last_day
            )
            write_extended(truth, export, seed=seed)
        _, code = _imported(world, console, [export], "demo", is_confirmed=True)
    with console.status("Making the marts with dbt …"):
        Runner(world).refresh()
    console.print('Every table is made. Ask them: [bold]longplay sql "SELECT * FROM year_in_music"[/]')
    return code


def materialize(world: World, console: Console, tables: Sequence[str]) -> int:
    """Makes some tables or all of them again."""
    known = {name for name, table in LAKE_TABLES.items() if table.layer == "core"} | {"snapshot"}
    known |= set(marts(DBT_PROJECT))
    if unknown := sorted(set(tables) - known):
        for name in unknown:
            _complain(console, str(unknown_table(name, known)))
        console.print(f"There are: {', '.join(sorted(known))}.")
        return Exit.UNKNOWN
    runner = Runner(world)
    try:
        with console.status("Making tables …"):
            runner.ask("feedback", "copy_feedback", {})  # what was said since is in them too
            runner.materialize([*tables, "snapshot"]) if tables else runner.rebuild()
    except RunFailedError as error:
        _complain(console, str(error))
        return exit_of(error)
    console.print("Made and published.")
    return Exit.DONE


def retry(world: World, console: Console, users: Sequence[str]) -> int:
    """Does again what failed, these users' or all of it: what Spotify was asked, and tables not made."""
    left = [] if users else current(world).left
    code = accounts.retry(world, console, users, is_all=not left)
    if not left:
        return code
    console.print(f"Rows of {', '.join(left)} are in no published table yet.")
    return max(code, materialize(world, console, []))


def status(world: World, console: Console, *, is_json: bool = False) -> None:
    """What ``longplay status`` shows (``pipelines.status``)."""
    show_status(world, console, is_json=is_json)


def undo(world: World, console: Console, import_id: str) -> int:
    """Takes an import's rows out of raw and all that was made of them, and forgets older snapshots."""
    try:
        row = world.operational.get_import(import_id)
    except UnknownImportError as error:
        console.print(f"{error} `longplay status` shows those there are.", style="red", markup=False)
        return Exit.UNKNOWN
    months = unfinished.take_out(world, import_id)
    runner = Runner(world)
    runner.follow(sorted({*months, *unfinished.months_apart(world)}), [row["user_id"]])
    if newest_build(world.settings.marts) is not None:  # its rows are in there too
        with console.status("Making the marts without it …"):
            runner.materialize([*marts(DBT_PROJECT), "snapshot"])
    published = snapshots.current(world.settings.snapshots)
    if published is not None:
        with world.operational.quiet():  # files that an import is staging are not in any version yet
            clear(world, published, grace=timedelta(0))
    console.print(f"Undone: {row['file_name']} ({import_id}).", markup=False)
    return Exit.DONE


@contextmanager
def _watched(world: World, console: Console) -> Iterator[Callable[[], None]]:
    """A progress bar over imports: bytes, rate and time left, rows so far; gives what takes it away.

    After an error, and where a file was not read to its end, nothing of it stays: half a bar would look
    like work that goes on.
    """
    bar = Progress(
        TextColumn("Reading"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        console=console,
    )
    task = bar.add_task("import", total=None, rows=0)

    def on_progress(rows: int, done: int, total: int) -> None:
        bar.update(task, completed=min(done, total), total=total, rows=rows, visible=True)

    def hide() -> None:
        bar.reset(task, total=None, rows=0, visible=False)

    world.on_progress = on_progress
    with bar:
        try:
            yield hide
        except BaseException:
            hide()
            raise
        if bar.tasks[0].completed < (bar.tasks[0].total or 0):  # damaged, held, or known already
            hide()


def _show(world: World, console: Console, user_id: str, read: Sequence[dict[str, Any]]) -> None:
    for result in read:
        for name, why in (*result["problems"], *result["skipped"]):
            console.print(f"{name}: {why}", style="yellow", markup=False)
    rows = [world.operational.get_import(result["import_id"]) for result in read]
    if rows:
        dashboard.show(console, world.lake, user_id, rows)


def _accounted_for(world: World, console: Console, read: Sequence[dict[str, Any]]) -> int:
    """Says so too where nothing of an import was stored: all of its rows were rejected, or it had none."""
    rows = [world.operational.get_import(result["import_id"]) for result in read]
    statuses = {row["status"] for row in rows}
    if not statuses <= {"completed", "held"}:
        return Exit.FAILED
    if empty := [row for row in rows if row["status"] == "completed" and _is_in_vain(row)]:
        for row in empty:
            _complain(console, f"{row['file_name']}: nothing was stored; {_why_in_vain(row)}.")
        return Exit.FAILED
    return Exit.HELD if "held" in statuses else Exit.DONE


def _is_in_vain(row: dict[str, Any]) -> bool:
    """Rows that are stored already are stored."""
    return not row["rows_stored"] and not row["rows_duplicate"]


def _why_in_vain(row: dict[str, Any]) -> str:
    if not row["rows_rejected"]:
        return "there is no row in it"
    return (
        f'all of its {row["rows_rejected"]:,} rows were rejected: `longplay sql "SELECT reason, count(*) '
        f"FROM rejected_rows WHERE import_id = '{row['import_id']}' GROUP BY reason\"` says why"
    )
