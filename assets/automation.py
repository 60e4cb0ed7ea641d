"""When a table follows the tables it is made from, without anybody asking.

``eager()`` has four traps: it looks at the latest month only, so that late data would wait for ever;
for a table over all months it waits until no month is missing, which is never; it never makes a table
of nothing on a new home; and where a table and what it is made from were both made since the last
look, it takes the table for current, whichever came later. So these conditions compare times.
"""

from typing import Any

import dagster as dg
from dagster._core.definitions.declarative_automation.automation_condition import BuiltinAutomationCondition

from assets.tables import (
    LAKE_TABLES,
    SPOTIFY_TOP_ARTISTS,
    SPOTIFY_TOP_TRACKS,
    TRUST_BLOCKS,
    TRUST_RECORDS,
)

Condition = dg.AutomationCondition[Any]
_Built = BuiltinAutomationCondition[Any]
_is = dg.AutomationCondition

_BROUGHT_BY_CHOICE = ("datasets", "recommendations", "trust")
"""Groups of tables that may never be made: nobody needs to bring a dataset or to say anything."""


def month_follows() -> Condition:
    """A month is made again whenever the months it is made from were: also months long past."""
    wanted = _is_outdated() | _is_left_out()
    return (wanted & _is_at_rest() & ~_is.any_deps_missing()).with_label("month_follows")


def month_follows_any() -> Condition:
    """The same for a month made of months of several tables, of which any but one may be missing."""
    has_any = _is.any_deps_match(~_is.missing())
    wanted = _is_outdated() | (_is_left_out() & has_any)
    return (wanted & _is_at_rest()).with_label("month_follows_any")


def whole_follows() -> Condition:
    """A table over all months is made again whenever any of them was."""
    return (_is_outdated() & _is_at_rest()).with_label("whole_follows")


def mart_follows() -> Condition:
    """A mart is made again whenever a table it is made from was, and once where it is missing.

    ``longplay import`` makes the tables and leaves the marts out: the daemon finds them missing.
    """
    return ((_is_outdated() | _is_left_out()) & _is_at_rest()).with_label("mart_follows")


def made_once() -> Condition:
    """A table made of nothing: asked for when it is missing, once."""
    return (_is.missing().newly_true() & ~_is.in_progress()).with_label("made_once")


def published_when_checked() -> Condition:
    """A snapshot follows its tables once every blocking check on them has passed.

    New raw rows alone are not worth one: the tables made from them are about to follow. From Spotify's own
    top lists nothing is made: people read them as they are. A block alone is not worth one either: the scores
    it seals are published.
    """
    read = {SPOTIFY_TOP_TRACKS.name, SPOTIFY_TOP_ARTISTS.name}
    raw = {name for name, table in LAKE_TABLES.items() if table.layer == "raw"}
    sealed = {TRUST_BLOCKS.name, TRUST_RECORDS.name}
    alone = dg.AssetSelection.assets(*sorted(sealed | (raw - read)))
    updated = _is.any_deps_match(_is.newly_updated()).ignore(alone)
    return (_is_behind(updated) & _is_at_rest() & _checks_passed()).with_label("published_when_checked")


def _checks_passed() -> Condition:
    """Every blocking check passed; of what nobody may ever bring, those of the tables that were made.

    Dagster's own condition alone would wait for ever for the checks of a dataset or of feedback.
    """
    brought = [name for name, table in LAKE_TABLES.items() if table.group in _BROUGHT_BY_CHOICE]
    by_choice = dg.AssetSelection.assets(*brought)
    passed = _is.all_checks_match(_is.check_passed() | _is.will_be_requested(), blocking_only=True)
    failed = _is.any_deps_match(~passed & ~_is.missing()).allow(by_choice)
    return _is.all_deps_match(passed).ignore(by_choice) & ~failed


def _is_outdated() -> _Built:
    """It is behind, or about to be: then it is made in one run with what it is made from."""
    joins = _is.any_deps_match(_is.will_be_requested())
    return _is_behind(_is.any_deps_match(_is.newly_updated())) | joins


def _is_left_out() -> _Built:
    """Missing since the last look, and not asked for since.

    A mart that an import left out, or a month that was told of before the daemon knew that the home
    reaches back so far (see ``assets.partitions``).
    """
    return _is_behind(_is.missing().newly_true())


def _is_behind(updated: _Built) -> _Built:
    """Something it is made from is newer, and was not yet acted on: a failure is not repeated for ever.

    Each ``since`` compares the very times; ``&`` and ``|`` inside one would lose them.
    """
    return updated.since(_is.newly_updated()) & updated.since(_is.newly_requested())


def _is_at_rest() -> _Built:
    return ~_is.any_deps_in_progress() & ~_is.in_progress()
