"""How tables are cut: by UTC month, and by nothing else."""

import dagster as dg

from assets.listening import months

# From the first month a row may have, although most histories begin later and their empty months show as
# missing: a start taken from the data would leave an older export, imported while the code is loaded,
# without partitions to report, and writing down 250 empty months of each table costs more than an import.
MONTHS = dg.MonthlyPartitionsDefinition(start_date=months.FIRST, fmt="%Y-%m", end_offset=2)
"""Every month until the next one: rows at most a day ahead of the clock always have a partition."""
