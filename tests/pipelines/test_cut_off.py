# ruff: noqa: ANN401 - stand-ins take what they are given
"""An import that a kill ends before its rows are stored is told of, and read again where its file lies."""

import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import command_line
import dagster as dg
import killable
import pytest
from command_line import Longplay
from history import History
from sqlalchemy import text

from assets.listening.cut_off import CUT_OFF
from assets.tables import RAW_PLAYS, REJECTED_ROWS
from pipelines import unfinished
from pipelines.sensors import import_config, unfinished_sensor
from pipelines.unfinished import ABANDONED_AFTER
from resources import locks
from resources.lake import Staged
from resources.operational import Operational
from resources.settings import Settings
from resources.world import World

STEPS = {
    "while it is read": (Staged, "add", "running"),
    "between its facts and its rows": (Staged, "commit", "running"),
    "before it has its lock": (Operational, "lock_import", "pending"),
}
DYING = """
import os, signal
from resources import locks
from resources.lake import Staged
Staged.commit = lambda _: os.kill(os.getpid(), signal.SIGKILL)
"""


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _read_and_die(settings: Settings, path: Path, owner: type, step: str) -> None:
    setattr(owner, step, _die)
    killable.read(World(settings), path)


def kill(world: World, path: Path, owner: type = Staged, step: str = "commit") -> None:
    """Imports in a process of its own, which dies before a step."""
    world.operational  # noqa: B018 - migrated before the other comes
    process = killable.processes().Process(target=_read_and_die, args=(world.settings, path, owner, step))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    with world.operational.engine.connect() as connection:  # until PostgreSQL has seen that it died
        for row in world.operational.list_imports():
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": locks.key(f"import:{row['import_id']}")}
            )


def tick(world: World, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    with dg.build_sensor_context(instance=instance, resources={"world": world}) as context:
        return list(unfinished_sensor(context))  # type: ignore[arg-type]


@pytest.mark.parametrize(("owner", "step", "status"), STEPS.values(), ids=STEPS.keys())
def test_an_import_killed_before_its_rows_are_stored_is_marked_failed_and_can_be_run_again(
    history: History, tmp_path: Path, owner: type, step: str, status: str
) -> None:
    world, path = history.world, history.export(tmp_path / "export.zip")
    kill(world, path, owner, step)
    assert world.operational.list_imports()[0]["status"] == status
    later = world.clock() + ABANDONED_AFTER + timedelta(seconds=1)
    world.clock = lambda: later
    [row] = unfinished.end_cut_off_imports(world)
    assert (row["status"], row["error"], row["rows_read"], row["months"]) == ("failed", CUT_OFF, None, [])
    assert list(Path(world.lake.root).rglob(f"{row['import_id']}-*")) == []
    for table in (RAW_PLAYS, REJECTED_ROWS):
        assert world.lake.scan(table).collect().is_empty(), table.name
    assert unfinished.end_cut_off_imports(world) == []
    assert tick(world, history.instance) == []  # its file is not in the inbox: it is for who gave it

    killable.make(world, "import", path)
    [row] = world.operational.list_imports()
    assert (row["status"], row["error"]) == ("completed", None)
    assert row["rows_read"] == row["rows_stored"] + row["rows_duplicate"] + row["rows_rejected"]


def test_an_import_that_somebody_is_at_or_that_is_stored_is_left_alone(
    history: History, tmp_path: Path
) -> None:
    world, path = history.world, history.export(tmp_path / "export.zip")
    kill(world, path)
    [row] = world.operational.list_imports()
    with world.operational.lock_import(row["import_id"]):
        assert unfinished.end_cut_off_imports(world) == []
    killable.read(world, path)
    assert unfinished.end_cut_off_imports(world) == []
    [row] = world.operational.list_imports()
    assert (row["status"], row["error"]) == ("running", None)


def test_a_pending_import_is_given_time_to_begin(history: History, tmp_path: Path) -> None:
    kill(history.world, history.export(tmp_path / "export.zip"), Operational, "lock_import")
    assert unfinished.end_cut_off_imports(history.world) == []
    assert history.world.operational.list_imports()[0]["status"] == "pending"


def test_a_file_in_the_inbox_whose_import_was_killed_is_imported_again_without_anybody_asking(
    history: History,
) -> None:
    path, other = history.dropped(), history.dropped("other.zip", user="bob", seed=6)
    kill(history.world, path)
    [request] = tick(history.world, history.instance)
    assert request.job_name == "import_history"
    [row] = history.world.operational.list_imports()
    assert (row["status"], row["error"]) == ("failed", CUT_OFF)
    assert [again.run_key for again in tick(history.world, history.instance)] == [request.run_key]

    result = history.run("import_history", request.run_config)
    assert result.success, history.failures(result)
    assert (path.exists(), other.exists()) == (False, True)
    assert tick(history.world, history.instance) == []
    followed = history.followed()
    assert followed.success, history.failures(followed)
    assert history.world.operational.list_imports()[0]["status"] == "completed"


def test_a_killed_file_waits_while_another_import_is_at_work(history: History) -> None:
    path = history.dropped()
    kill(history.world, path)
    job = history.definitions.resolve_job_def("import_history")
    config = import_config("another", "bob", is_confirmed=False)
    status = dg.DagsterRunStatus.STARTED
    run = history.instance.create_run_for_job(job, run_config=config, status=status)
    assert tick(history.world, history.instance) == []
    history.instance.report_run_failed(run)
    assert len(tick(history.world, history.instance)) == 1


def test_an_import_of_nothing_but_rejected_rows_that_was_killed_is_settled_by_the_sensors_run(
    history: History, tmp_path: Path
) -> None:
    path = tmp_path / "Streaming_History_Audio_2024_1.json"
    path.write_text('[{"ts": "2024-01-01T00:00:00Z", "ms_played": 5000}]')
    killable.read(history.world, path)  # and no more: what follows died
    later = history.world.clock() + ABANDONED_AFTER + timedelta(seconds=1)
    history.world.clock = lambda: later
    [request] = tick(history.world, history.instance)
    assert history.run(str(request.job_name), tags=request.tags).success
    [row] = history.world.operational.list_imports()
    assert (row["status"], row["rows_read"], row["rows_rejected"]) == ("completed", 1, 1)
    assert tick(history.world, history.instance) == []


def test_status_tells_of_a_killed_import_and_what_to_do_and_doing_it_completes_it(
    settings: Settings, longplay: Longplay, tmp_path: Path
) -> None:
    Operational.open(settings).close()
    path = History(World(settings), None).export(tmp_path / "export.zip")  # type: ignore[arg-type]
    process = command_line.start(settings, "import", path, before=DYING)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    code, out, _ = longplay("status")
    said = " ".join(out.split())
    assert (code, "failed" in said, "running" in said) == (0, True, False)
    assert "cut off before its rows were stored: import the file again" in said
    code, out, _ = longplay("import", path)
    assert (code, "completed" in out, "cut off" in out) == (0, True, False)
    assert "failed" not in longplay("status")[1]
