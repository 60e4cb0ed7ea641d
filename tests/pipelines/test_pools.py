# ruff: noqa: ANN401 - stand-ins take what they are given
"""What takes turns between processes, from the first time on."""

from typing import Any

import dagster as dg
import killable

from pipelines.definitions import build
from pipelines.run import POOLS, make_pools
from resources.dagster_home import POOL_LIMIT, open_instance
from resources.settings import Settings
from resources.world import World


def _make(settings: Settings, begin: Any) -> None:
    world = World(settings)
    with open_instance(settings) as instance:
        begin.wait(60)
        make_pools(instance, world.operational)


JOBS = ("listening", "import_history", "sync", "top_stats", "enrich", "feedback", "add_dataset", "mine")


def test_every_pool_of_an_asset_or_job_is_known(world: World) -> None:
    definitions = build(world)
    jobs = [definitions.resolve_job_def(name) for name in JOBS]
    ops = [op for job in jobs for op in job.all_node_defs if isinstance(op, dg.OpDefinition)]
    assert {op.pool for op in ops if op.pool} | {"marts"} == POOLS


def test_processes_that_meet_the_pools_first_at_the_same_time_make_them_once(settings: Settings) -> None:
    with open_instance(settings) as instance:
        context = killable.processes()
        begin = context.Barrier(3)
        both = [context.Process(target=_make, args=(settings, begin)) for _ in range(3)]
        for process in both:
            process.start()
        for process in both:
            process.join(90)
        assert [process.exitcode for process in both] == [0, 0, 0]
        storage = instance.event_log_storage
        assert storage.get_concurrency_keys() == POOLS
        assert {storage.get_concurrency_info(pool).slot_count for pool in POOLS} == {POOL_LIMIT}
