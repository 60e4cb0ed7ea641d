"""How many connections what runs all the time holds: the ticks of sensors, the pages of the UI, runs."""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._grpc.impl import get_external_sensor_execution
from dagster._serdes import deserialize_value
from dagster_graphql.schema import create_schema
from dagster_webserver.cli import dagster_webserver
from sqlalchemy import create_engine, text

from pipelines import up
from pipelines.definitions import build
from resources import dagster_home
from resources.settings import Settings
from resources.world import World

MOST = 40
"""Of the hundred that PostgreSQL gives, for all that waits; the rest is for runs and people."""

PAGES = (
    "{ runsOrError(limit: 30) { ... on Runs { results { id status } } } }",
    "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy } } } }",
    "{ assetsOrError { ... on AssetConnection { nodes { id } } } }",
    "{ autoMaterializeTicks(limit: 5) { id } instance { concurrencyLimits { concurrencyKey slotCount } } }",
    "{ partitionBackfillsOrError(limit: 10) { ... on PartitionBackfills { results { id } } } }",
)


@pytest.fixture
def service(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance as what runs all the time opens it; no collection of garbage tidies up behind it."""
    dagster_home.open_instance(settings, is_service=True).dispose()
    gc.disable()
    reference = deserialize_value(dagster_home.instance_reference(settings), InstanceRef)
    with dg.DagsterInstance.from_ref(reference) as opened:
        yield opened
    gc.enable()
    gc.collect()


@pytest.fixture
def backends(database_url: str) -> Iterator[Callable[[], int]]:
    """How many sessions the database has, but for the one that asks."""
    query = text("SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()")
    engine = create_engine(database_url, pool_size=1, max_overflow=0)

    def count() -> int:
        with engine.connect() as connection:
            return int(connection.scalar(query) or 0)

    yield count
    engine.dispose()


def test_two_hundred_ticks_of_sensors_hold_no_connection_each(
    service: dg.DagsterInstance, world: World, backends: Callable[[], int]
) -> None:
    repository = build(world).get_repository_def()
    origin = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="pipelines.definitions"))
    asked = {"unfinished_imports": 0, "inbox": 0, "catalogue_wanted": 0, "feedback_given": 0}
    for number in range(200):
        name = list(asked)[number % len(asked)]
        tick = get_external_sensor_execution(
            repository, origin, service.get_ref(), name, None, None, None, None, None
        )
        assert tick.run_requests is not None, tick  # type: ignore[union-attr]
        asked[name] += len(tick.run_requests)  # type: ignore[union-attr]
    assert backends() <= 5, "what the operational tables are asked through"
    assert set(asked.values()) == {0}, "nothing has happened"


def test_the_pages_of_forty_readers_stay_within_the_uis_share(
    service: dg.DagsterInstance, world: World, backends: Callable[[], int]
) -> None:
    command = up.commands(world.settings, Path("workspace.yaml"))[0]
    context = dagster_webserver.make_context("webserver", command[1:])
    service.optimize_for_webserver(
        context.params["db_statement_timeout"],
        context.params["db_pool_recycle"],
        context.params["db_pool_max_overflow"],
    )
    schema = create_schema()
    seen: list[int] = []
    with WorkspaceProcessContext(service, EmptyWorkspaceTarget()) as process:

        def look(page: str) -> object:
            result = schema.execute(page, context_value=process.create_request_context())
            seen.append(backends())
            return result.errors

        with ThreadPoolExecutor(40) as readers:
            assert set(readers.map(look, PAGES * 40)) == {None}
    assert max(seen) <= up.MOST_UI_CONNECTIONS < MOST - 10
    assert backends() <= 8, "what waits is a connection a pool"
