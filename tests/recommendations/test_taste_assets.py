"""Tastes as assets: what a snapshot waits for comes with what they write."""

from random import Random

import dagster as dg
from taste_worlds import MONTHS, fill

from assets.recommendations.assets import weigh_tastes
from assets.recommendations.checks import bounds_are_between_0_and_1, profile_month_tables
from resources.world import World


def test_months_that_are_folded_again_are_checked_again(world: World) -> None:
    fill(world, Random(3))
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [weigh_tastes, profile_month_tables, bounds_are_between_0_and_1],
            selection=[weigh_tastes],
            instance=instance,
            resources={"world": world},
        )
        told = {event.partition for event in done.get_asset_materialization_events() if event.partition}
        assert told == set(MONTHS)
        keys = [*profile_month_tables.check_keys, *bounds_are_between_0_and_1.check_keys]
        latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
        newest = instance.get_latest_materialization_event(dg.AssetKey("profile_months"))
        assert newest is not None
        evaluated = {key: record.event for key, record in latest.items() if record.event is not None}
        assert set(evaluated) == set(keys)
        for event in evaluated.values():
            assert event.timestamp >= newest.timestamp
            assert event.get_dagster_event().asset_check_evaluation_data.passed
