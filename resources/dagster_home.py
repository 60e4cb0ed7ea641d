"""DAGSTER_HOME: the instance file, written from the settings, and the instance it describes.

The one file here that knows Dagster, and only inside functions, so that what never runs the pipeline
never imports it.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml  # type: ignore[import-untyped]

from resources.postgres import ensure_dagster_url
from resources.private import make_private
from resources.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

URL_VARIABLE: Final = "LONGPLAY_DAGSTER_URL"
"""How Dagster's processes get the database URL: it may hold a password, so no file has it."""

MAX_CONCURRENT_RUNS: Final = 2
POOL_LIMIT: Final = 1
NO_TELEMETRY: Final = {"DAGSTER_DISABLE_TELEMETRY": "yes"}
_TICK_DAYS: Final = {"skipped": 1, "started": 7, "success": 7, "failure": 90}


class InstanceNotInForceError(RuntimeError):
    """Dagster runs on other settings than those of the home."""


def environment(settings: Settings, *, is_service: bool = False) -> dict[str, str]:
    """What a Dagster process must find in its environment; starts Postgres, writes the instance file.

    A service runs all the time, and keeps no connections but in the runs that it starts.
    """
    write_instance_file(settings)
    url = ensure_dagster_url(settings, is_kept=not is_service)
    return {"DAGSTER_HOME": str(settings.dagster), URL_VARIABLE: url, **NO_TELEMETRY}


def open_instance(settings: Settings, *, is_service: bool = False) -> "DagsterInstance":
    """The instance of this home, its tables made.

    Dagster takes the path of an instance file for a pattern and, where that matches nothing, goes on with
    defaults of its own; so what is in the file is handed over as well, and looked for in what was opened.

    Raises:
        InstanceNotInForceError: the instance is not the one configured.
    """
    from dagster import DagsterInstance  # noqa: PLC0415 - a second that only the pipeline pays
    from dagster._core.instance.ref import InstanceRef  # noqa: PLC0415

    os.environ.update(environment(settings, is_service=is_service))
    config = instance_config(settings.dagster) | {"storage": _storage(makes_tables=True)}
    instance = DagsterInstance.from_ref(InstanceRef.from_dir(str(settings.dagster), overrides=config))
    ensure_in_force(instance)
    return instance


def instance_reference(settings: Settings) -> str:
    """What ``--instance-ref`` of Dagster's programs takes: they need not look for the file. No password."""
    from dagster._core.instance.ref import InstanceRef  # noqa: PLC0415
    from dagster._serdes import serialize_value  # noqa: PLC0415

    overrides = instance_config(settings.dagster)
    return serialize_value(InstanceRef.from_dir(str(settings.dagster), overrides=overrides))


def ensure_in_force(instance: "DagsterInstance") -> None:
    """Raises ``InstanceNotInForceError`` unless storage is PostgreSQL, telemetry off and runs are queued."""
    from dagster._core.run_coordinator import QueuedRunCoordinator  # noqa: PLC0415
    from dagster_postgres import (  # noqa: PLC0415
        PostgresEventLogStorage,
        PostgresRunStorage,
        PostgresScheduleStorage,
    )

    found = {
        "runs in PostgreSQL": isinstance(instance.run_storage, PostgresRunStorage),
        "events in PostgreSQL": isinstance(instance.event_log_storage, PostgresEventLogStorage),
        "schedules in PostgreSQL": isinstance(instance.schedule_storage, PostgresScheduleStorage),
        "telemetry off": not instance.telemetry_enabled,
        "runs queued": isinstance(instance.run_coordinator, QueuedRunCoordinator),
    }
    if missing := [what for what, is_so in found.items() if not is_so]:
        raise InstanceNotInForceError(
            f"Dagster did not take its settings ({', '.join(missing)}: not so), so nothing was started; "
            "move the home to a plainly named folder, or report this with the home's path."
        )


def write_instance_file(settings: Settings) -> Path:
    """``dagster.yaml`` for this home, rewritten only when it differs (a home may be moved)."""
    path = settings.dagster / "dagster.yaml"
    content = "# Written by longplay from its settings at every start.\n" + yaml.safe_dump(
        instance_config(settings.dagster), sort_keys=False
    )
    make_private(settings.home)
    settings.dagster.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != content:
        part = path.with_name(f"dagster.yaml.{os.getpid()}.part")
        part.write_text(content)
        part.replace(path)
    return path


def instance_config(folder: Path) -> dict[str, Any]:
    """Storage in Postgres, files under ``folder``, runs queued, pools freed when a run dies."""
    return {
        "storage": _storage(),
        "local_artifact_storage": _local(
            "dagster._core.storage.root", "LocalArtifactStorage", folder / "storage"
        ),
        "compute_logs": _local(
            "dagster._core.storage.local_compute_log_manager", "LocalComputeLogManager", folder / "logs"
        ),
        "run_coordinator": {
            "module": "dagster._core.run_coordinator",
            "class": "QueuedRunCoordinator",
            # the code is loaded anew when older months come: see ``pipelines.up``
            "config": {"max_user_code_failure_retries": 5, "user_code_failure_retry_delay": 10},
        },
        "concurrency": {
            "runs": {"max_concurrent_runs": MAX_CONCURRENT_RUNS},
            # by op, not by run: a run that the command line starts itself passes no queue, yet must wait too
            "pools": {"default_limit": POOL_LIMIT, "granularity": "op"},
        },
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": 180,
            "cancel_timeout_seconds": 180,
            "max_resume_run_attempts": 0,
            "free_slots_after_run_end_seconds": 60,
        },
        # of runs whose process died; a step that failed would fail again
        "run_retries": {"enabled": True, "max_retries": 0, "retry_on_asset_or_op_failure": False},
        "retention": {
            kind: {"purge_after_days": _TICK_DAYS} for kind in ("schedule", "sensor", "auto_materialize")
        },
        # what a run's console says; its events are kept whatever this is
        "python_logs": {"python_log_level": "INFO"},
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }


def _storage(*, makes_tables: bool = False) -> dict[str, Any]:
    """``open_instance`` makes the tables: no tick of a sensor need look for them, three times over."""
    url = {"env": URL_VARIABLE}
    return {"postgres": {"postgres_url": url, "should_autocreate_tables": makes_tables}}


def _local(module: str, name: str, folder: Path) -> dict[str, Any]:
    return {"module": module, "class": name, "config": {"base_dir": str(folder)}}
