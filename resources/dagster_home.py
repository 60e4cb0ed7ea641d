"""DAGSTER_HOME: the instance file, written from the settings, and the instance it describes.

The one file here that knows Dagster, and only inside functions, so that what never runs the pipeline
never imports it.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml  # type: ignore[import-untyped]

from resources.postgres import ensure_dagster_url
from resources.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

URL_VARIABLE: Final = "LONGPLAY_DAGSTER_URL"
"""How Dagster's processes get the database URL: it may hold a password, so no file has it."""

MAX_CONCURRENT_RUNS: Final = 2
POOL_LIMIT: Final = 1
_TICK_DAYS: Final = {"skipped": 3, "started": 30, "success": 30, "failure": 90}


def environment(settings: Settings) -> dict[str, str]:
    """What a Dagster process must find in its environment; starts Postgres, writes the instance file."""
    write_instance_file(settings)
    return {"DAGSTER_HOME": str(settings.dagster), URL_VARIABLE: ensure_dagster_url(settings)}


def open_instance(settings: Settings) -> "DagsterInstance":
    """The instance of this home, which ``DagsterInstance.get()`` finds too, in child processes as well."""
    from dagster import DagsterInstance  # noqa: PLC0415 - a second that only the pipeline pays

    os.environ.update(environment(settings))
    return DagsterInstance.from_config(str(settings.dagster))


def write_instance_file(settings: Settings) -> Path:
    """``dagster.yaml`` for this home, rewritten only when it differs (a home may be moved)."""
    path = settings.dagster / "dagster.yaml"
    content = "# Written by longplay from its settings at every start.\n" + yaml.safe_dump(
        instance_config(settings.dagster), sort_keys=False
    )
    settings.dagster.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != content:
        part = path.with_name(f"dagster.yaml.{os.getpid()}.part")
        part.write_text(content)
        part.replace(path)
    return path


def instance_config(folder: Path) -> dict[str, Any]:
    """Storage in Postgres, files under ``folder``, runs queued, pools freed when a run dies."""
    return {
        "storage": {"postgres": {"postgres_url": {"env": URL_VARIABLE}}},
        "local_artifact_storage": _local(
            "dagster._core.storage.root", "LocalArtifactStorage", folder / "storage"
        ),
        "compute_logs": _local(
            "dagster._core.storage.local_compute_log_manager", "LocalComputeLogManager", folder / "logs"
        ),
        "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "QueuedRunCoordinator"},
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
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }


def _local(module: str, name: str, folder: Path) -> dict[str, Any]:
    return {"module": module, "class": name, "config": {"base_dir": str(folder)}}
