"""The import job: one export read into raw rows, reported month by month.

Raw rows come from people, not from other tables: so this is a job that reports what it wrote, and
``raw_plays`` an asset that only it materialises.
"""

import time
from pathlib import Path
from shutil import rmtree

import dagster as dg

from assets.listening.commit import settle
from assets.listening.ingest import Ingest, Ingested, Progress, Request, keep_original
from assets.tables import RAW_PLAYS
from pipelines import raw_rows
from pipelines.inbox import lying
from resources.world import World

_REPORT_EVERY_S = 10.0


class ImportConfig(dg.Config):
    """An export to import: a path, or the name of what lies in the inbox.

    ``is_confirmed`` says it is the user's, whatever it looks like.
    """

    path: str
    user_id: str
    is_confirmed: bool = False


@dg.op(description="Reads one export into raw_plays and rejected_rows.", pool="import")
def read_export(
    context: dg.OpExecutionContext, config: ImportConfig, world: dg.ResourceParam[World]
) -> dict[str, object]:
    """What the command line prints: the import, its months, and files passed over or broken."""
    path = _path(world, config.path)
    request = Request(path, config.user_id, config.is_confirmed)
    done = Ingest(world.lake, world.operational, world.clock)(request, _progress(context, world))
    if done.row["status"] == "running" and not done.months:
        settle(world, [])  # nothing but rejected rows: no month will follow that could settle it
    _report(context, world, done)
    if done.row["status"] != "held":
        _leave_inbox(world, path, str(done.row["import_id"]))
    return {
        "import_id": done.row["import_id"],
        "months": done.months,
        "is_new": done.is_new,
        "skipped": [list(pair) for pair in done.skipped],
        "problems": [list(pair) for pair in done.problems],
    }


@dg.job(
    name="import_history",
    description="Reads one export into the lake; the tables follow.",
    tags={"dagster/max_retries": "2"},
)
def import_job() -> None:
    """One export."""
    read_export()


def _path(world: World, name: str) -> Path:
    """Where an export is: given at a terminal, lying in the inbox, or named in the run's config."""
    found = world.given.get(name) or lying(world.settings.inbox, name) or Path(name)
    return found.expanduser().absolute()


def _progress(context: dg.OpExecutionContext, world: World) -> Progress:
    """Tells whoever watches, and every few seconds the run's log and the ledger."""
    began = last = time.monotonic()

    def on_progress(rows: int, done: int, total: int) -> None:
        nonlocal last
        world.on_progress(rows, done, total)
        if time.monotonic() - last < _REPORT_EVERY_S:
            return
        last = time.monotonic()
        rate = done / (last - began)
        context.log_event(
            dg.AssetObservation(
                RAW_PLAYS.name,
                metadata={
                    "rows": rows,
                    "MB": done / 1e6,
                    "MB a second": rate / 1e6,
                    "seconds left": max(0.0, (total - done) / rate) if rate else None,
                },
            )
        )

    return on_progress


def _report(context: dg.OpExecutionContext, world: World, done: Ingested) -> None:
    """What was written, and the checks of it: a snapshot waits for these as for any table's."""
    counts = {name: done.row[name] or 0 for name in ("rows_read", "rows_rejected", "bytes")}
    about = {"import": done.row["import_id"], "status": done.row["status"], **counts}
    context.add_output_metadata(about)
    if done.row["status"] != "running":
        return
    has_rejected = bool(done.row["rows_rejected"]) or not done.months
    raw_rows.report(context, world, done.months, about, has_rejected=has_rejected)


def _leave_inbox(world: World, path: Path, import_id: str) -> None:
    settings = world.settings
    if settings.keep_originals:
        keep_original(path, settings.originals, import_id)
    if path.parent.parent == settings.inbox:  # what was dropped, never the inbox or a person's folder in it
        rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
