"""A world with Dagster over it: small exports imported and made into tables by the real jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from assets.tables import LAKE_TABLES
from pipelines.definitions import build
from pipelines.sensors import import_config, range_tags
from resources.world import World
from simulator import simulate, write_extended

FIRST_DAY, LAST_DAY = date(2023, 10, 20), date(2024, 1, 20)
MONTHS = ("2023-10", "2023-11", "2023-12", "2024-01")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class History:
    """What was listened to, as Dagster runs make it."""

    world: World
    instance: dg.DagsterInstance

    @property
    def definitions(self) -> dg.Definitions:
        return build(self.world)

    def export(self, path: Path, *, seed: int = 5, plays: int = 900) -> Path:
        """A simulated export over four months."""
        path.parent.mkdir(parents=True, exist_ok=True)
        truth = simulate(seed, plays=plays, first_day=FIRST_DAY, last_day=LAST_DAY)
        write_extended(truth, path, seed=seed)
        return path

    def dropped(self, name: str = "export.zip", *, user: str = "me", seed: int = 5) -> Path:
        """An export in the inbox."""
        return self.export(self.world.settings.inbox / user / name, seed=seed)

    def run(
        self, job: str, config: Mapping[str, object] | None = None, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        return self.definitions.resolve_job_def(job).execute_in_process(
            run_config={**(config or {}), **_QUIET},
            instance=self.instance,
            tags=dict(tags or {}),
            raise_on_error=False,
        )

    def imported(self, path: Path, *, user: str = "me") -> dg.ExecuteInProcessResult:
        return self.run("import_history", import_config(str(path), user, is_confirmed=True))

    def followed(self, months: Sequence[str] = MONTHS) -> dg.ExecuteInProcessResult:
        """Everything an import needs, over a range of months."""
        return self.run("listening", tags=range_tags(months[0], months[-1]))

    def table(self, name: str) -> pl.DataFrame:
        """Rows in one order, the moment of ranking left out."""
        rows = self.world.lake.scan(LAKE_TABLES[name]).collect()
        return rows.drop("as_of", strict=False).sort(LAKE_TABLES[name].key)

    def metadata(self, name: str) -> Mapping[str, dg.MetadataValue]:
        """Of the latest materialisation."""
        event = self.instance.get_latest_materialization_event(dg.AssetKey(name))
        assert event is not None, f"{name} was never materialised"
        made = event.asset_materialization
        assert made is not None
        return made.metadata

    def failures(self, result: dg.ExecuteInProcessResult) -> str:
        """What went wrong in a run, for a failing test to show."""
        events = (event for event in result.all_events if event.is_step_failure or event.is_failure)
        return "\n".join(
            f"{event.step_key}: {event.message} {event.event_specific_data}" for event in events
        )[:4000]

    def outcomes(self, result: dg.ExecuteInProcessResult) -> dict[str, bool]:
        """Whether each check of a run passed."""
        return {
            f"{found.asset_key.to_user_string()}:{found.check_name}": found.passed
            for found in result.get_asset_check_evaluations()
        }
