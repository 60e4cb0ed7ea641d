"""The code location: every asset, check, job, schedule and sensor, over a world.

``build`` is what tests call too. Nothing happens at import: the world is opened when Dagster asks
for the definitions.
"""

from collections.abc import Iterator

import dagster as dg

from assets.catalog import assets as catalog
from assets.datasets import assets as datasets
from assets.datasets import checks as dataset_checks
from assets.listening import assets as listening
from assets.listening import checks as listening_checks
from assets.listening import first_month
from assets.marts.assets import dbt_marts
from assets.marts.registry import marts
from assets.partitions import begun_at
from assets.recommendations import assets as recommendations
from assets.recommendations import checks as recommendation_checks
from assets.specs import spec
from assets.stats import assets as stats
from assets.stats import checks as stats_checks
from assets.stats.spotify_top import TABLES as TOP_TABLES
from assets.tables import FEEDBACK_EVENTS, SPOTIFY_ITEMS
from assets.trust import assets as trust
from assets.trust import checks as trust_checks
from assets.views import DBT_PROJECT
from pipelines import jobs, schedules, sensors
from pipelines.datasets import add_dataset_job, catalogue_job, datasets_dropped, remove_dataset_job
from pipelines.enrich import catalogue_wanted, enrich_job
from pipelines.failures import tell_why
from pipelines.feedback import event_log_daily, feedback_given, feedback_job
from pipelines.imports import import_job
from pipelines.mine import mine_job, mining
from pipelines.publish import snapshot_asset
from pipelines.sync import accounts_due, sync_job
from pipelines.top_stats import top_stats_asked, top_stats_job, top_stats_nightly
from resources.settings import Settings
from resources.world import World


@dg.definitions
def longplay() -> dg.Definitions:
    """The definitions of the home named by the environment."""
    return build(World(Settings()))


def build(world: World) -> dg.Definitions:
    """Everything there is, over a world."""
    mart_assets = dbt_marts()
    refresh = jobs.refresh_job(dg.AssetSelection.assets(mart_assets))
    made = [
        listening.raw_plays,  # specs are not loaded from modules; without them raw has no months
        listening.rejected_rows,
        *(spec(table) for table in (*TOP_TABLES.values(), SPOTIFY_ITEMS, FEEDBACK_EVENTS, *datasets.RAW)),
        *dg.load_assets_from_modules([listening, catalog, datasets, stats, recommendations, trust]),
        snapshot_asset(marts(DBT_PROJECT)),
        mart_assets,
    ]
    everything = dg.Definitions(
        assets=begun_at(first_month.of(world), made),
        asset_checks=dg.load_asset_checks_from_modules(
            [listening_checks, dataset_checks, stats_checks, recommendation_checks, trust_checks]
        ),
        jobs=[
            import_job,
            sync_job,
            top_stats_job,
            enrich_job,
            add_dataset_job,
            remove_dataset_job,
            catalogue_job,
            feedback_job,
            mine_job,
            jobs.months_job,
            jobs.listening_job,
            jobs.publish_job,
            refresh,
        ],
        schedules=[
            top_stats_nightly,
            event_log_daily,
            schedules.refresh_nightly(refresh),
        ],
        sensors=[
            sensors.inbox_sensor,
            datasets_dropped,
            sensors.unfinished_sensor,
            sensors.tables_follow(),
            accounts_due,
            top_stats_asked,
            catalogue_wanted,
            feedback_given,
            mining,
        ],
        resources={"world": world},
        executor=dg.in_process_executor,
    )
    tell_why(ops(everything))
    return everything


def ops(definitions: dg.Definitions) -> Iterator[dg.OpDefinition]:
    """Every step that a run can have."""
    steps = [*(definitions.assets or ()), *(definitions.asset_checks or ())]
    nodes = [step.node_def for step in steps if isinstance(step, dg.AssetsDefinition) and step.is_executable]
    for job in definitions.jobs or ():
        nodes += job.all_node_defs if isinstance(job, dg.JobDefinition) else []
    yield from (node for node in nodes if isinstance(node, dg.OpDefinition))
