"""How tables are cut: by UTC month, and by nothing else."""

import dagster as dg

FIRST_MONTH = "2002-01"
"""Scrobbling began in 2002; clocks before it are rejected."""

MONTHS = dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH, fmt="%Y-%m", end_offset=2)
"""Every month until the next one: rows at most a day ahead of the clock always have a partition."""
