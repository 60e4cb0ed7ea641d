"""The registry: every table's name, columns, key, partitioning, order and meaning.

What belongs here: what a table *is*, a module a domain. How it is stored is ``resources/lake.py``; how
it is made is the ``assets.py`` of its domain. Checks, the table reference and empty tables are made of this.
"""

from collections.abc import Mapping

from assets.tables.catalog import (
    ALBUMS,
    ARTISTS,
    SPOTIFY_ITEMS,
    TRACK_ALBUMS,
    TRACK_ALIASES,
    TRACK_MONTHS,
    TRACKS,
)
from assets.tables.datasets import (
    DATASET_QUALITY,
    DATASET_TRACKS,
    DATASETS,
    REJECTED_DATASET_ROWS,
    TRACK_FACTS,
)
from assets.tables.listening import (
    COUNTRY_TIME_ZONES,
    DUPLICATE_ROWS,
    IMPORTS,
    LISTENERS,
    LISTENING_GAPS,
    PLAYS,
    RAW_PLAYS,
    REJECTED_ROWS,
)
from assets.tables.recommendations import (
    FEEDBACK_EVENTS,
    LISTENER_PROFILES,
    PROFILE_MONTHS,
    TRACK_TRAITS,
)
from assets.tables.stats import (
    CLOCK_MONTHS,
    PLAY_MONTHS,
    SPOTIFY_TOP_ARTISTS,
    SPOTIFY_TOP_TRACKS,
    TOP_ALBUMS,
    TOP_ARTISTS,
    TOP_GENRES,
    TOP_TRACKS,
)
from assets.tables.table import UTC_MICROSECONDS, Column, Layer, Table
from assets.tables.trust import TRUST_BLOCKS, TRUST_RECORDS, TRUST_SCORES

__all__ = [
    "ALBUMS",
    "ARTISTS",
    "CLOCK_MONTHS",
    "COUNTRY_TIME_ZONES",
    "DATASETS",
    "DATASET_QUALITY",
    "DATASET_TRACKS",
    "DUPLICATE_ROWS",
    "FEEDBACK_EVENTS",
    "IMPORTS",
    "LAKE_TABLES",
    "LISTENERS",
    "LISTENER_PROFILES",
    "LISTENING_GAPS",
    "PLAYS",
    "PLAY_MONTHS",
    "PROFILE_MONTHS",
    "RAW_PLAYS",
    "REJECTED_DATASET_ROWS",
    "REJECTED_ROWS",
    "SPOTIFY_ITEMS",
    "SPOTIFY_TOP_ARTISTS",
    "SPOTIFY_TOP_TRACKS",
    "TOP_ALBUMS",
    "TOP_ARTISTS",
    "TOP_GENRES",
    "TOP_TRACKS",
    "TRACKS",
    "TRACK_ALBUMS",
    "TRACK_ALIASES",
    "TRACK_FACTS",
    "TRACK_MONTHS",
    "TRACK_TRAITS",
    "TRUST_BLOCKS",
    "TRUST_RECORDS",
    "TRUST_SCORES",
    "UTC_MICROSECONDS",
    "Column",
    "Layer",
    "Table",
]

LAKE_TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        IMPORTS,
        RAW_PLAYS,
        REJECTED_ROWS,
        DUPLICATE_ROWS,
        PLAYS,
        LISTENING_GAPS,
        LISTENERS,
        COUNTRY_TIME_ZONES,
        TRACK_MONTHS,
        TRACKS,
        TRACK_ALBUMS,
        ALBUMS,
        ARTISTS,
        TRACK_ALIASES,
        PLAY_MONTHS,
        CLOCK_MONTHS,
        TOP_TRACKS,
        TOP_ARTISTS,
        TOP_ALBUMS,
        TOP_GENRES,
        SPOTIFY_TOP_TRACKS,
        SPOTIFY_TOP_ARTISTS,
        SPOTIFY_ITEMS,
        FEEDBACK_EVENTS,
        PROFILE_MONTHS,
        TRACK_TRAITS,
        LISTENER_PROFILES,
        DATASETS,
        DATASET_TRACKS,
        REJECTED_DATASET_ROWS,
        DATASET_QUALITY,
        TRACK_FACTS,
        TRUST_SCORES,
        TRUST_RECORDS,
        TRUST_BLOCKS,
    )
}
"""Every Delta table, by name."""
