"""How tables are cut: by UTC month, and by nothing else."""

from collections.abc import Iterable

import dagster as dg

from assets.listening import months


def months_from(first: str) -> dg.MonthlyPartitionsDefinition:
    """Every month from one ("2015-03") until the next: rows at most a day ahead always have a partition."""
    return dg.MonthlyPartitionsDefinition(start_date=first, fmt="%Y-%m", end_offset=2)


MONTHS = months_from(months.FIRST)
"""Every month that a row may have; a code location has those of its home, see ``begun_at``."""


def begun_at(first: str, assets: Iterable[object]) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The assets, their months those of a home: earlier ones would show as missing for ever."""
    cut = months_from(first)
    given = [each for each in assets if isinstance(each, dg.AssetsDefinition | dg.AssetSpec)]
    return list(dg.map_asset_specs(lambda spec: _cut(spec, cut), given))


def _cut(spec: dg.AssetSpec, months: dg.MonthlyPartitionsDefinition) -> dg.AssetSpec:
    return spec.replace_attributes(partitions_def=months) if spec.partitions_def == MONTHS else spec
