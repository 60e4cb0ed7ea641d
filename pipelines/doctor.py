"""``longplay doctor``: all that Longplay stands on, a line each; it works when nothing else does."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from pipelines import machine, setting_errors
from pipelines.exit_codes import Exit
from pipelines.findings import Check, Finding, Verdict, findings, well, wrong

if TYPE_CHECKING:
    from resources.settings import Settings
    from resources.world import World

_STYLES: Final = {Verdict.WELL: "green", Verdict.DOUBTFUL: "yellow", Verdict.WRONG: "red"}
_MOST_NAMED: Final = 3
_MOST_USED: Final = 0.9


def examine(console: Console) -> int:
    """Prints every finding; ``Exit.FAILED`` when something is wrong."""
    is_wrong = False
    for finding in _all():
        console.print(str(finding), style=_STYLES[finding.verdict], markup=False, soft_wrap=True)
        is_wrong = is_wrong or finding.verdict is Verdict.WRONG
    return Exit.FAILED if is_wrong else Exit.DONE


def _all() -> Iterator[Finding]:
    """Of the machine first, then of the home: settings that cannot be read end it there."""
    from pydantic import ValidationError  # noqa: PLC0415

    from resources.settings import Settings  # noqa: PLC0415
    from resources.world import World  # noqa: PLC0415

    known = frozenset(f"{setting_errors.PREFIX}{name.upper()}" for name in Settings.model_fields)
    yield from findings(
        [
            ("versions", machine.versions),
            ("locale", partial(machine.words, os.environ)),
            ("settings", partial(machine.variables, os.environ, known)),
        ]
    )
    try:
        settings = Settings()
    except ValidationError as error:
        yield wrong("settings", setting_errors.said(error), "the rest cannot be looked at before that")
        return
    yield from findings(_of_home(World(settings)))


def _of_home(world: "World") -> list[tuple[str, Check]]:
    settings = world.settings
    checks: list[tuple[str, Check]] = [
        ("home", lambda: machine.home_permissions(settings.home)),
        ("disk", lambda: machine.disk(machine.room(settings.home))),
        ("clock", lambda: machine.clock(world.clock(), _seen(settings))),
    ]
    if settings.home.is_dir() or settings.database_url is not None:
        checks.append(("server", lambda: server(world)))
    if settings.home.is_dir():
        checks += [
            ("up", lambda: up(settings)),
            ("lake", lambda: lake(world)),
            ("snapshot", lambda: snapshot(settings)),
            ("warehouse", lambda: warehouse(settings)),
        ]
    return checks


def _seen(settings: "Settings") -> dict[str, datetime]:
    """Moments of the past that the home's files tell."""
    from resources import snapshots  # noqa: PLC0415

    seen = {}
    with suppress(Exception):  # a snapshot that cannot be read is a finding of its own
        if published := snapshots.current(settings.snapshots):
            seen["the snapshot"] = published.created_at
    for path in (settings.warehouse, settings.home / "up.lock"):
        if path.exists():
            seen[path.name] = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return seen


def server(world: "World") -> Finding:
    """Whether PostgreSQL answers, its tables are of this version, and connections are left."""
    from sqlalchemy import text  # noqa: PLC0415

    with world.operational.engine.connect() as connection:
        query = text(
            "SELECT current_setting('server_version'), count(*), current_setting('max_connections')::int, "
            "now() FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        told: Any = connection.execute(query).one()
    number, used, most, its_now = told
    apart = abs(its_now - world.clock())
    if apart > machine.CLOCK_SLACK:
        return wrong("server", f"its clock is {apart} apart from this machine's", "set both clocks by NTP")
    if used > _MOST_USED * most:
        said = f"{used} of {most} connections are in use"
        return wrong("server", said, "stop what holds them, or raise max_connections")
    return well("server", f"PostgreSQL {number.split()[0]}, {used} of {most} connections in use")


def up(settings: "Settings") -> Finding:
    """Whether ``longplay up`` runs: not needed, but nothing happens by itself without."""
    from pipelines.only_up import running  # noqa: PLC0415

    who = running(settings.up_lock)
    return well("up", who or "`longplay up` does not run, so nothing happens by itself")


def lake(world: "World") -> Finding:
    """Whether every table that was made can be opened, and its files are there."""
    from assets.tables import LAKE_TABLES  # noqa: PLC0415

    made = [table for table in LAKE_TABLES.values() if world.lake.exists(table.name)]
    bad = {table.name: why for table in made if (why := _why_unreadable(world, table.name))}
    if bad:
        named = "; ".join(f"{name}: {why}" for name, why in list(bad.items())[:_MOST_NAMED])
        raw = [name for name in bad if LAKE_TABLES[name].layer != "core"]
        remedy = (
            "`longplay restore` a backup (or import the files again)"
            if raw
            else f"`longplay materialize {' '.join(bad)}`"
        )
        return wrong("lake", f"{len(bad)} of {len(made)} tables cannot be read ({named})", remedy)
    return well("lake", f"{len(made)} tables in {world.settings.lake}")


def _why_unreadable(world: "World", name: str) -> str | None:
    from deltalake import DeltaTable  # noqa: PLC0415

    try:
        files = DeltaTable(world.lake.uri(name), storage_options=world.lake.storage_options).file_uris()
    except Exception as error:  # noqa: BLE001 - whatever delta-rs says
        return " ".join(str(error).split())[:200]
    missing = [file for file in files if "://" not in file and not Path(file).exists()]
    return f"{len(missing)} of {len(files)} files are missing" if missing else None


def snapshot(settings: "Settings") -> Finding:
    """Whether something is published, and the marts it names are there."""
    from resources import snapshots  # noqa: PLC0415

    published = snapshots.current(settings.snapshots)
    if published is None:
        return well("snapshot", "nothing is published yet: import something first")
    if published.marts is not None and not (settings.marts / published.marts).is_dir():
        return wrong("snapshot", f"the marts of build {published.marts} are gone", "`longplay materialize`")
    return well("snapshot", f"{published.id}, {len(published.tables)} tables")


def warehouse(settings: "Settings") -> Finding:
    """Whether a client that opens the published file can read every view."""
    import duckdb  # noqa: PLC0415

    from resources import snapshots  # noqa: PLC0415
    from resources.untouched import is_untouched  # noqa: PLC0415
    from resources.warehouse import NO_DOWNLOADS  # noqa: PLC0415

    published = snapshots.current(settings.snapshots)
    if published is None:
        return well("warehouse", "not written yet")
    remedy = "`longplay materialize snapshot`"
    if not settings.warehouse.exists():
        return wrong("warehouse", f"{settings.warehouse} is gone", remedy)
    if not is_untouched(settings.warehouse, published.created_at):
        return wrong("warehouse", "a client wrote to it", "open it read-only; `longplay sql` writes it anew")
    bad = []
    with duckdb.connect(str(settings.warehouse), read_only=True, config=NO_DOWNLOADS) as connection:
        views = [row[0] for row in connection.execute("SHOW TABLES").fetchall()]
        for view in views:
            try:
                connection.execute(f'SELECT * FROM "{view}" LIMIT 1').fetchall()
            except duckdb.Error as error:
                bad.append(f"{view}: {' '.join(str(error).split())[:120]}")
    if bad:
        return wrong("warehouse", f"{len(bad)} of {len(views)} views cannot be read ({bad[0]})", remedy)
    return well("warehouse", f"{len(views)} views can be read")
