"""The job that mines, and the sensor that asks for it.

Every run begins with a look at the whole chain: what is damaged is repaired, with an alert in the event
log, before anything is put upon it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from assets.trust.chain import Mining, examined, mend
from assets.trust.checks import chain_valid, mined_events
from assets.trust.lake_copy import TABLES, copy_to_lake
from assets.trust.repair import Repair
from pipelines.at_work import is_at_work
from resources.chain_view import ChainView, Waiting
from resources.settings import Settings
from resources.world import World

MOST_BLOCKS_A_RUN: Final = 1_000
ON_TOP_OF: Final = "longplay/mined_on"
"""The tag of a run that says which block it was asked to mine upon."""
_LONGEST_WAIT: Final = timedelta(hours=1)
_FAILED: Final = AssetCheckExecutionRecordStatus.FAILED


class MineConfig(dg.Config):
    """How many blocks to mine at most; fewer when nothing is pending any more."""

    most_blocks: int = MOST_BLOCKS_A_RUN


@dg.op(
    description="Verifies the chain, repairs it if need be, mines what is pending, copies it.", pool="mine"
)
def mine_blocks(
    context: dg.OpExecutionContext, config: MineConfig, world: dg.ResourceParam[World]
) -> dict[str, Any]:
    """What the command line prints."""
    if not world.settings.trust:
        context.log.info("LONGPLAY_TRUST is off.")
        return {"is_off": True}
    verdict = examined(world)
    repaired = None if verdict.is_valid else mend(world)
    if repaired is not None:
        context.log.critical("The trust chain was damaged and has been repaired: %s", told_of(repaired))
    top = verdict.top if repaired is None else repaired.verdict.top
    mining = Mining(world)(config.most_blocks)
    rows, found = copy_to_lake(world), examined(world, top)
    about = _about(mining, repaired)
    for table in TABLES:
        counted = {"dagster/row_count": rows[table.name], **about}
        context.log_event(dg.AssetMaterialization(table.name, metadata=counted))
    for event in mined_events(world, found):
        context.log_event(event)  # type: ignore[arg-type] # it takes them; its annotation lags behind
    return {**about, "is_off": False, "height": found.valid_height, "faults": list(map(str, found.faults))}


@dg.job(name="mine", description="Seals pending trust records in blocks of the chain.")
def mine_job() -> None:
    """Until nothing is pending."""
    mine_blocks()


@dg.sensor(
    name="mining",
    job=mine_job,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a block when enough trust records are pending or the oldest waited long enough, "
    "and for a repair when the chain was found damaged.",
)
def mining(
    context: dg.SensorEvaluationContext, world: dg.ResourceParam[World]
) -> dg.SensorResult | dg.SkipReason:
    """One run at a time, later each time one fails; its key names the block below and the attempt."""
    if not world.settings.trust:
        return dg.SkipReason("LONGPLAY_TRUST is off.")
    with world.chain.reading() as view:
        waiting, below = view.waiting(), _below(view)
    now = world.clock()
    if not (is_worth_a_block(waiting, now, world.settings) or _was_found_damaged(context.instance)):
        return dg.SkipReason(f"{waiting.records} records are pending, which is not worth a block yet.")
    if is_at_work(context.instance, mine_job):
        return dg.SkipReason("A run is mining.")
    attempts, last_at = _attempts(context.instance, below)
    if last_at is not None and now < last_at + pause_after(attempts):
        return dg.SkipReason(f"{attempts} runs did not get on; the next one waits.")
    return dg.SensorResult([dg.RunRequest(run_key=f"{below}:{attempts}", tags={ON_TOP_OF: below})])


def is_worth_a_block(waiting: Waiting, now: datetime, settings: Settings) -> bool:
    """Whether enough records are pending, or the oldest waited long enough."""
    if waiting.oldest_at is None:
        return False
    is_old = now - waiting.oldest_at >= timedelta(minutes=settings.mining_after_minutes)
    return waiting.records >= settings.mining_records or is_old


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many runs that left the chain where it was: twice as long each time."""
    return min(_LONGEST_WAIT, timedelta(seconds=30 << min(attempts, 10)))


def told_of(repaired: Repair) -> str:
    """A repair in a sentence."""
    found = "; ".join(map(str, repaired.verdict.faults[:3]))
    return (
        f"{found}. The chain ends at block {repaired.kept_height}; "
        f"{repaired.blocks_quarantined} blocks are in the quarantine, {repaired.records_pending_again} of "
        f"their records are pending again, {repaired.records_quarantined} were tampered with."
    )


def _below(view: ChainView) -> str:
    """The block that the next one stands on, and the last entry of the quarantine: a repair begins anew."""
    head = view.head()
    return f"{'none' if head is None else f'{head.height}:{head.hash[:16]}'}:{view.quarantined()}"


def _attempts(instance: dg.DagsterInstance, below: str) -> tuple[int, datetime | None]:
    """How many runs were asked to mine upon a block, and when the last of them ended."""
    asked = dg.RunsFilter(job_name=mine_job.name, tags={ON_TOP_OF: below})
    latest = instance.get_run_records(asked, limit=1)
    if not latest:
        return 0, None
    return instance.get_runs_count(asked), latest[0].update_timestamp.replace(tzinfo=UTC)


def _was_found_damaged(instance: dg.DagsterInstance) -> bool:
    storage = instance.event_log_storage
    latest = [storage.get_asset_check_execution_history(key, limit=1) for key in chain_valid.check_keys]
    return any(record.status is _FAILED for records in latest for record in records)


def _about(mining: Mining, repaired: Repair | None) -> Mapping[str, Any]:
    tries = sum(mined.tries for mined in mining.done)
    seconds = sum(mined.seconds for mined in mining.done)
    return {
        "blocks mined": [mined.block.height for mined in mining.done],
        "records sealed": sum(mined.block.records for mined in mining.done),
        "hashes": tries,
        "hashes a second": round(tries / seconds) if seconds else 0,
        "races lost": mining.lost_races,
        "repaired": "no" if repaired is None else told_of(repaired),
    }
