"""The asset graph as text, for a person to read in a diff.

Write the golden file anew after a change that was meant, and review what it says:
``python -m tests.pipelines.asset_graph`` from the root of the repository.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg

from pipelines.definitions import build
from resources.settings import Settings
from resources.world import World

GOLDEN = Path(__file__).parents[1] / "golden" / "asset_graph.txt"


def described(definitions: dg.Definitions) -> str:
    """Assets with all a reader would ask of them, then jobs, schedules and sensors; sorted."""
    parts = [_assets(definitions), _jobs(definitions), _schedules(definitions), _sensors(definitions)]
    return "\n".join(line for part in parts for line in part) + "\n"


def _assets(definitions: dg.Definitions) -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        kinds = sorted(
            tag.removeprefix("dagster/kind/") for tag in node.tags if tag.startswith("dagster/kind/")
        )
        condition = node.automation_condition
        yield f"asset {key.to_user_string()}"
        yield f"  deps: {_listed(parent.to_user_string() for parent in node.parent_keys)}"
        yield f"  group: {node.group_name}  kinds: {', '.join(kinds)}  code version: {_version(node.code_version)}"
        yield f"  partitions: {'monthly' if node.partitions_def else 'none'}  " + (
            f"automation: {condition.get_label() or condition.name}" if condition else "automation: none"
        )
        yield f"  pools: {_listed(node.pools) if node.is_executable else 'not made here'}"
        for check in sorted(node.check_keys, key=lambda one: one.name):
            yield f"  check {check.name}{' (blocking)' if graph.get(check).blocking else ''}"


def _jobs(definitions: dg.Definitions) -> Iterator[str]:
    for job in sorted(definitions.resolve_all_job_defs(), key=lambda one: one.name):
        if not job.name.startswith("__"):
            yield f"job {job.name}: {job.description}"
            made = _listed(key.to_user_string() for key in job.asset_layer.selected_asset_keys)
            yield f"  partitions: {'monthly' if job.partitions_def else 'none'}  makes: {made}"


def _schedules(definitions: dg.Definitions) -> Iterator[str]:
    for schedule in sorted(definitions.schedules or [], key=lambda one: one.name):
        assert isinstance(schedule, dg.ScheduleDefinition)
        yield f"schedule {schedule.name}: {schedule.cron_schedule} {schedule.execution_timezone} {schedule.job_name}"
        yield f"  by default: {schedule.default_status.value}"


def _sensors(definitions: dg.Definitions) -> Iterator[str]:
    for sensor in sorted(definitions.sensors or [], key=lambda one: one.name):
        yield f"sensor {sensor.name}: {sensor.description}"
        yield f"  every {sensor.minimum_interval_seconds} s  by default: {sensor.default_status.value}"


def _version(code_version: str | None) -> str:
    return "of its SQL" if code_version and len(code_version) == 40 else str(code_version)


def _listed(names: object) -> str:
    return ", ".join(sorted(names)) or "none"  # type: ignore[call-overload]


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(described(build(World(Settings(home=Path(folder))))))
