"""How tables are cut: by UTC month, and by nothing else."""

import dagster as dg

from assets.listening import months

MONTHS = dg.MonthlyPartitionsDefinition(start_date=months.FIRST, fmt="%Y-%m", end_offset=2)
"""Every month until the next one: rows at most a day ahead of the clock always have a partition."""
