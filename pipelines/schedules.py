"""What happens by the clock."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

NIGHTLY = "30 3 * * *"


def refresh_nightly(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The windows of top lists move with the days, also when nobody imports."""
    return dg.ScheduleDefinition(
        name="refresh_nightly",
        job=job,
        cron_schedule=NIGHTLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="A full refresh every night.",
    )
