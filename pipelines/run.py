"""Runs started by a person at a terminal: the same jobs, in this process, seen in the same UI."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import dagster as dg
from sqlalchemy.exc import OperationalError

from assets import store
from assets.listening import first_month
from assets.listening import months as calendar
from assets.listening.readers import masked_name
from assets.marts.registry import marts
from assets.tables import LAKE_TABLES
from assets.views import DBT_PROJECT
from pipelines import unfinished
from pipelines.datasets import dataset_config
from pipelines.definitions import build
from pipelines.sensors import import_config, range_tags
from resources.dagster_home import open_instance
from resources.operational import Operational
from resources.postgres import DatabaseUnavailableError
from resources.world import World

MOST_RUNS = 3
"""Scattered months are made in at most this many runs; past that, in one over all months between."""

POOLS = frozenset(
    {"import", "lake", "marts", "publish", "sync", "top_stats", "enrich", "feedback", "mine", "datasets"}
)
"""What takes turns, whichever process it runs in."""

_WENT_AWAY = (
    "PostgreSQL went away while the run went on. See that it runs, then run the same command again: "
    "it puts right what was left half-done."
)
_OF_THE_SERVER = ("DagsterPostgresException", "OperationalError")
"""What Dagster's own storage raises then: between two steps it ends the run, not a step."""

_OF_A_PERSON = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")
"""What Ctrl-C in the middle of a step is."""

_OURS = (
    "The step {step} failed through a fault of Longplay ({kind}: {said}). What was read is stored. "
    "`longplay up` shows the run and its stack: please report them; the same command tries again."
)
"""Whatever ``pipelines.failures`` did not take for something that a person can mend."""

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class RunFailedError(Exception):
    """A run did not succeed; the message is that of its first failed step, ``cause`` its error's class."""

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause


@dataclass
class Runner:
    """Dagster jobs run in this process."""

    world: World
    _instance: dg.DagsterInstance | None = field(default=None, repr=False)
    _definitions: dict[str, dg.Definitions] = field(default_factory=dict, repr=False)

    @property
    def instance(self) -> dg.DagsterInstance:
        """The instance of this home."""
        if self._instance is None:
            with self.world.operational.one_at_a_time("dagster"):  # two that make its tables collide
                self._instance = open_instance(self.world.settings)
            make_pools(self._instance, self.world.operational)
        return self._instance

    def definitions(self) -> dg.Definitions:
        """The code location, from the first month that this home has."""
        first = first_month.of(self.world)
        if first not in self._definitions:
            self._definitions[first] = build(self.world)
        return self._definitions[first]

    def import_path(self, path: Path, user_id: str, *, is_confirmed: bool) -> dict[str, Any]:
        """Reads one export into raw rows; returns what ``read_export`` says of it."""
        name = masked_name(path)  # runs are kept, and a path may hold a person's name
        self.world.given = {name: path}
        result = self._run("import_history", import_config(name, user_id, is_confirmed=is_confirmed))
        output: dict[str, Any] = result.output_for_node("read_export")
        return output

    def add_dataset(self, path: Path, licence: str | None, name: str | None) -> dict[str, Any]:
        """Reads one dataset into the lake; returns what ``read_dataset`` says of it."""
        given = masked_name(path)
        self.world.given = {given: path}
        output: dict[str, Any] = self._run(
            "add_dataset", dataset_config(given, licence, name)
        ).output_for_node("read_dataset")
        return output

    def follow_datasets(self) -> None:
        """Scores datasets, tells the catalogue, ranks anew, and publishes."""
        self._run("catalogue")

    def ask(self, job: str, op: str, config: Mapping[str, object]) -> dict[str, Any]:
        """Runs a job of one op; returns what the op says of it."""
        output: dict[str, Any] = self._run(job, {"ops": {op: {"config": dict(config)}}}).output_for_node(op)
        return output

    def follow(self, months: Sequence[str], users: Sequence[str] = ()) -> None:
        """Resolves months, makes everything an import needs of them, and publishes.

        Args:
            months: the months that raw rows came to or left.
            users: whose tops may have changed; everybody's when none are named.
        """
        # no month where nothing but rejected rows came: any will do, to settle the ledger and publish
        first_month.reach(self.world, months)
        *earlier, (first, last) = calendar.ranges(months or [self._latest_month()], most=MOST_RUNS)
        for begin, end in earlier:
            self._run("months", tags=range_tags(begin, end))
        whose = {"config": {"users": list(users)}}
        self._run(
            "listening", {"ops": {"rank_tops": whose, "know_listeners": whose}}, range_tags(first, last)
        )

    def refresh(self) -> None:
        """Everything that is not cut by month, the marts among it, then a snapshot."""
        with redirect_stdout(StringIO()):  # dbt tells of each of its tests; the run keeps that
            self._run("refresh")

    def materialize(self, tables: Sequence[str]) -> None:
        """Makes some tables again, and those made in one step with them, over every month there is."""
        definitions = self.definitions()
        every_mart = set(marts(DBT_PROJECT))  # a build of the marts is one thing
        keys = set(tables) | (every_mart if every_mart & set(tables) else set())
        selection = dg.AssetSelection.assets(*sorted(keys)).required_multi_asset_neighbors()
        job = dg.define_asset_job("chosen", selection=selection)
        chosen = dg.Definitions(
            assets=definitions.assets,
            asset_checks=definitions.asset_checks,
            jobs=[job],
            resources=definitions.resources,
            executor=dg.in_process_executor,
        )
        is_monthly = any(name in LAKE_TABLES and LAKE_TABLES[name].is_monthly for name in tables)
        with redirect_stdout(StringIO()):
            self._execute(chosen, "chosen", {}, self._all_months() if is_monthly else {})

    def rebuild(self) -> None:
        """Makes every table again from raw rows, then the marts, then a snapshot."""
        months = self.known_months()
        if months:
            self.follow(calendar_range(months))
        self.refresh()

    def known_months(self) -> list[str]:
        """The months that hold rows of any table: what lost its raw rows must go too."""
        monthly = [table for table in LAKE_TABLES.values() if table.is_monthly]
        return sorted({month for table in monthly for month in store.months_so_far(self.world.lake, table)})

    def _all_months(self) -> Mapping[str, str]:
        months = self.known_months() or [self._latest_month()]
        first_month.reach(self.world, months)
        return range_tags(months[0], months[-1])

    def _latest_month(self) -> str:
        return f"{self.world.clock():%Y-%m}"

    def _run(
        self,
        job: str,
        config: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        return self._execute(self.definitions(), job, config or {}, tags or {})

    def _execute(
        self, definitions: dg.Definitions, job: str, config: Mapping[str, object], tags: Mapping[str, str]
    ) -> dg.ExecuteInProcessResult:
        unfinished.end_abandoned_runs(self.instance, self.world.operational)
        with _explained(), unfinished.alive(self.world.operational) as process:
            result = definitions.resolve_job_def(job).execute_in_process(
                run_config={**config, **_QUIET},
                instance=self.instance,
                tags={**tags, unfinished.PROCESS: process},
                raise_on_error=False,
            )
        if not result.success:
            raise first_failure(result)
        return result


@contextmanager
def _explained() -> Iterator[None]:
    """Dagster's own storage speaks of drivers and retries when PostgreSQL goes away under a run."""
    from dagster_postgres.utils import DagsterPostgresException  # noqa: PLC0415 - loaded by now

    try:
        yield
    except (DagsterPostgresException, OperationalError) as error:
        raise DatabaseUnavailableError(_WENT_AWAY) from error


def make_pools(instance: dg.DagsterInstance, operational: Operational) -> None:
    """Makes the pools that are missing: Dagster fails where two processes first meet one at the same time."""
    storage = instance.event_log_storage
    if not storage.get_concurrency_keys() >= POOLS:
        with operational.one_at_a_time("pools"):
            for pool in sorted(POOLS - storage.get_concurrency_keys()):
                storage.initialize_concurrency_limit_to_default(pool)


def calendar_range(months: Sequence[str]) -> list[str]:
    """Every month from the first to the last."""
    found = [min(months)]
    while found[-1] < max(months):
        found.append(calendar.shifted(found[-1], 1))
    return found


def first_failure(
    result: dg.ExecuteInProcessResult,
) -> RunFailedError | DatabaseUnavailableError | KeyboardInterrupt:
    """What its first failed step says, or the run where no step did, and of which kind that is."""
    for event in result.all_events:
        if event.is_step_failure or event.is_run_failure:
            about = event.step_failure_data if event.is_step_failure else event.job_failure_data
            error = about.error
            cause = error.cause if error and error.cause else error
            if cause is None:
                return RunFailedError(event.message or f"step {event.step_key} failed")
            kind = (cause.cls_name or "").rpartition(".")[2]
            if kind in _OF_A_PERSON:
                return KeyboardInterrupt()
            if kind in _OF_THE_SERVER:
                return DatabaseUnavailableError(_WENT_AWAY)
            said = _said(cause.message, cause.cls_name or "")
            if event.is_step_failure and error is not None and error.cls_name != "Failure":
                said = _OURS.format(step=event.step_key, kind=cause.cls_name, said=said)
            return RunFailedError(said, cause.cls_name or "")
    return RunFailedError("the run failed; longplay up shows why")


def _said(message: str, cls_name: str) -> str:
    """What an error says, without the name that Python puts before it."""
    name, _, said = message.strip().partition(": ")
    return said if said and name.rpartition(".")[2] == cls_name else message.strip()
