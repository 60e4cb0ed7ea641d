"""Mining is asked for when it is worth it, one run at a time, and goes on after failures and repairs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from mining_processes import speak
from sqlalchemy import text

from assets.tables import TRUST_BLOCKS, TRUST_RECORDS
from assets.trust.chain import mend
from pipelines.definitions import build
from pipelines.mine import ON_TOP_OF, is_worth_a_block, mine_job, mining, pause_after
from resources.chain_view import Waiting
from resources.settings import Settings
from resources.world import World

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """Mines fast, and by the real clock: runs are stamped by it."""
    opened = World(settings.model_copy(update={"mining_difficulty": 1, "mining_block_records": 4}))
    yield opened
    opened.operational.close()


def sql(world: World, statement: str) -> list[Any]:
    with world.operational.engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def asked(world: World, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    with dg.build_sensor_context(instance=instance, resources={"world": world}) as context:
        found = mining(context)
    return list(found.run_requests or []) if isinstance(found, dg.SensorResult) else []


def run(
    world: World, instance: dg.DagsterInstance, request: dg.RunRequest | None = None
) -> dg.ExecuteInProcessResult:
    return mine_job.execute_in_process(
        run_config=_QUIET,
        instance=instance,
        resources={"world": world},
        tags=dict(request.tags) if request else {},
        raise_on_error=False,
    )


def outcomes(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {
        f"{found.asset_key.to_user_string()}:{found.check_name}": found.passed
        for found in result.get_asset_check_evaluations()
    }


@pytest.mark.parametrize(
    ("records", "waited", "is_worth"),
    [(0, None, False), (99, 9, False), (100, 0, True), (1, 10, True), (1, 9, False)],
)
def test_a_block_is_worth_it_when_enough_is_pending_or_waited_long_enough(
    settings: Settings, records: int, waited: int | None, *, is_worth: bool
) -> None:
    oldest = None if waited is None else NOW - timedelta(minutes=waited)
    assert is_worth_a_block(Waiting(records, oldest), NOW, settings) is is_worth


def test_a_run_is_asked_for_once_and_again_on_the_next_head(
    world: World, instance: dg.DagsterInstance
) -> None:
    assert asked(world, instance) == []
    speak(world, 100)
    (first,) = asked(world, instance)
    assert [again.run_key for again in asked(world, instance)] == [first.run_key]
    assert run(world, instance, first).success
    assert asked(world, instance) == []
    speak(world, 100, verifications=2)
    (second,) = asked(world, instance)
    assert second.run_key != first.run_key


def test_nothing_is_asked_for_while_a_run_mines(world: World, instance: dg.DagsterInstance) -> None:
    speak(world, 100)
    instance.create_run_for_job(mine_job, status=dg.DagsterRunStatus.STARTED)
    assert asked(world, instance) == []


def test_a_run_that_failed_is_asked_for_again_under_another_key_after_a_pause(
    world: World, instance: dg.DagsterInstance
) -> None:
    speak(world, 100)
    (first,) = asked(world, instance)
    instance.create_run_for_job(mine_job, tags=dict(first.tags), status=dg.DagsterRunStatus.FAILURE)
    assert asked(world, instance) == []
    world.clock = lambda: datetime.now(UTC) + pause_after(1)
    (second,) = asked(world, instance)
    assert second.run_key != first.run_key
    assert second.tags[ON_TOP_OF] == first.tags[ON_TOP_OF]


def test_the_pause_after_failures_grows_to_an_hour() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 12)]
    assert pauses[0] == timedelta(minutes=1)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pause_after(1000) == timedelta(hours=1)


def test_a_height_that_a_repair_gave_back_is_asked_for_again(
    world: World, instance: dg.DagsterInstance
) -> None:
    speak(world, 100)
    (first,) = asked(world, instance)
    assert run(world, instance, first).success
    sql(world, "UPDATE longplay.trust_blocks SET nonce = nonce + 1 WHERE height = 1")
    world.operational.engine.dispose()
    mend(world)
    (again,) = asked(world, instance)
    assert again.run_key != first.run_key


def test_trust_that_is_off_asks_for_nothing_and_mines_nothing(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    on, off = World(settings), World(settings.model_copy(update={"trust": False}))
    speak(on, 100)
    assert asked(off, instance) == []
    result = run(off, instance)
    assert result.output_for_node("mine_blocks") == {"is_off": True}
    assert sql(on, "SELECT count(*) FROM longplay.trust_blocks") == [(1,)]
    on.operational.close()
    off.operational.close()


def test_a_run_mines_all_that_is_pending_and_reports_what_it_wrote(
    world: World, instance: dg.DagsterInstance
) -> None:
    speak(world, 10)
    result = run(world, instance)
    told = result.output_for_node("mine_blocks")
    assert (told["blocks mined"], told["records sealed"], told["faults"]) == ([1, 2, 3], 10, [])
    assert told["hashes"] >= 3
    assert outcomes(result) == {
        "trust_records:has_schema": True,
        "trust_records:has_unique_key": True,
        "trust_blocks:has_schema": True,
        "trust_blocks:has_unique_key": True,
        "trust_blocks:chain_valid": True,
        "trust_records:records_are_conserved": True,
    }
    for table, rows in ((TRUST_BLOCKS, 4), (TRUST_RECORDS, 10)):
        event = instance.get_latest_materialization_event(dg.AssetKey(table.name))
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata["dagster/row_count"].value == rows
        assert world.lake.scan(table).collect().height == rows


def test_a_run_that_finds_the_chain_damaged_alerts_repairs_and_mines_on(
    world: World, instance: dg.DagsterInstance
) -> None:
    speak(world, 10)
    run(world, instance)
    sql(
        world,
        "UPDATE longplay.trust_blocks SET merkle_root = overlay(merkle_root placing 'x' from 9) "
        "WHERE height = 2",
    )
    result = run(world, instance)
    told = result.output_for_node("mine_blocks")
    assert result.success
    assert told["blocks mined"] == [2, 3]
    assert told["repaired"].startswith("block 2: its hash is not that of its header")
    assert all(outcomes(result).values())
    assert len(world.events.since(0, ["error.critical"])) == 1


def test_a_chain_that_a_check_found_damaged_is_a_reason_to_ask_for_a_run(
    world: World, instance: dg.DagsterInstance
) -> None:
    """Even though nothing is pending: the run repairs."""
    speak(world, 10)
    run(world, instance)
    assert asked(world, instance) == []
    sql(world, "UPDATE longplay.trust_records SET reports = 9 WHERE record_id = 1")
    definitions = build(world)
    job = dg.define_asset_job("copy", selection=dg.AssetSelection.assets("trust_blocks", "trust_records"))
    chosen = dg.Definitions(
        assets=definitions.assets,
        asset_checks=definitions.asset_checks,
        jobs=[job],
        resources=definitions.resources,
        executor=dg.in_process_executor,
    )
    checked = chosen.resolve_job_def("copy").execute_in_process(
        run_config=_QUIET, instance=instance, raise_on_error=False
    )
    assert outcomes(checked)["trust_blocks:chain_valid"] is False
    (request,) = asked(world, instance)
    assert run(world, instance, request).success
    assert asked(world, instance) == []
