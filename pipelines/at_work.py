"""Whether a job is at work already, for sensors that ask for one run at a time."""

import dagster as dg

_STATUSES = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


def is_at_work(instance: dg.DagsterInstance, job: dg.JobDefinition) -> bool:
    """Whether a run of the job goes on or waits to."""
    return bool(instance.get_runs(dg.RunsFilter(job_name=job.name, statuses=_STATUSES), limit=1))
