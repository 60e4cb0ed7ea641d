"""Drives automation conditions tick by tick, on an instance of its own and a clock passed in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
from dagster._core.definitions.asset_daemon_cursor import AssetDaemonCursor

MARTS = "build_marts"


def without_marts(whole: dg.Definitions) -> dg.Definitions:
    """The tables alone: the marts double the time of each tick."""
    tables = [
        each
        for each in whole.assets or ()
        if not (isinstance(each, dg.AssetsDefinition) and each.is_executable and each.op.name == MARTS)
    ]
    jobs = [job for job in whole.jobs or () if job.name != "refresh"]
    return dg.Definitions(
        assets=tables, asset_checks=whole.asset_checks, jobs=jobs, resources=whole.resources
    )


Asked = Mapping[str, set[str | None]]


@dataclass
class Ticks:
    """What the daemon would ask for, and reports as if it had been done."""

    definitions: dg.Definitions
    instance: dg.DagsterInstance
    cursor: AssetDaemonCursor | None = None
    history: list[dict[str, set[str | None]]] = field(default_factory=list)

    def tick(self) -> dict[str, set[str | None]]:
        """The partitions of each asset that are asked for now (None: the whole of it)."""
        result = dg.evaluate_automation_conditions(
            self.definitions,
            self.instance,
            asset_selection=dg.AssetSelection.all(),
            evaluation_time=datetime.now(UTC),  # events are stamped by the clock, and times are compared
            cursor=self.cursor,
        )
        self.cursor = result.cursor
        keys = self.definitions.resolve_asset_graph().get_all_asset_keys()
        asked = {key.to_user_string(): set(result.get_requested_partitions(key)) for key in keys}
        self.history.append({name: parts for name, parts in asked.items() if parts})
        return self.history[-1]

    def settle(self, most: int = 8) -> list[dict[str, set[str | None]]]:
        """Ticks, doing what each asks for, until nothing is asked for; what each asked for."""
        begun = len(self.history)
        for _ in range(most):
            asked = self.tick()
            if not asked:
                return self.history[begun:-1]
            self.do(asked)
        raise AssertionError(f"still asking after {most} ticks: {self.history[begun:]}")

    def do(self, asked: Asked, *, passed: bool = True) -> None:
        """Reports what was asked for as made, and its checks as evaluated, in the order a run would."""
        for key in self.definitions.resolve_asset_graph().toposorted_asset_keys:
            if parts := asked.get(key.to_user_string()):
                self.made(key.to_user_string(), *parts, passed=passed)

    def made(self, name: str, *months: str | None, passed: bool = True) -> None:
        """An asset was made, for months or as a whole, and checked."""
        for month in months or (None,):
            event = dg.AssetMaterialization(name, partition=month)
            self.instance.report_runless_asset_event(event)
        self.checked(name, passed=passed)

    def checked(self, name: str, *, passed: bool) -> None:
        """Every check of an asset was evaluated."""
        graph = self.definitions.resolve_asset_graph()
        for key in graph.get(dg.AssetKey(name)).check_keys:
            self.instance.report_runless_asset_event(
                dg.AssetCheckEvaluation(
                    asset_key=key.asset_key,
                    check_name=key.name,
                    passed=passed,
                    blocking=graph.get(key).blocking,
                )
            )

    def imported(self, months: Iterable[str]) -> None:
        """What the import job reports."""
        self.made("raw_plays", *months)
        self.checked("rejected_rows", passed=True)
