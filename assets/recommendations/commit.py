"""Profiles in the lake: months folded where plays, feedback or traits changed, then merged.

``profile_months`` notes what each month was made of, ``track_traits`` is what all of them were counted
with. So nothing has to be told what changed: a kill, a late answer of Spotify's or a backfill leaves
months that are seen to be old, and these alone are folded again.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import polars as pl

from assets import agreement, store
from assets.recommendations import profiles, strengths, traits
from assets.stats.months import Counting
from assets.tables import (
    ARTISTS,
    FEEDBACK_EVENTS,
    LISTENER_PROFILES,
    PLAY_MONTHS,
    PLAYS,
    PROFILE_MONTHS,
    TRACK_ALIASES,
    TRACK_TRAITS,
    TRACKS,
)
from resources.lake import Lake
from resources.world import World

RULES: Final = 1
"""Raised when feedback counts otherwise, so that every month is folded again."""
_MADE_OF = (PLAYS, FEEDBACK_EVENTS)
_PLAY_COLUMNS = (
    *("month", "user_id", "track_id", "kind", "play_id", "started_at"),
    *("is_skipped", "is_incognito", "reason_end"),
)


def fold_months(world: World, months: Sequence[str], rule: Counting, most: int = store.ROWS_A_BATCH) -> None:
    """Makes ``profile_months`` of some months with the traits that are counted now."""
    track_traits = world.lake.scan(TRACK_TRAITS).collect()
    _fold(world, months, rule, track_traits, most)


def weigh(world: World, rule: Counting, most: int = store.ROWS_A_BATCH) -> list[str]:
    """Makes ``track_traits`` and ``listener_profiles`` current; returns the months it folded again."""
    again = store.until_first(lambda: _recount(world, rule, most))
    _merge(world, most)
    return again


def old_months(lake: Lake, rule: Counting) -> list[str]:
    """Months that were not folded from the plays and the feedback there are now."""
    made, now = lake.open(PROFILE_MONTHS), _prints(lake)
    held = lake.fingerprints(made)
    known = {month for prints in now.values() for month in prints} | held.keys()
    return sorted(
        month
        for month in known
        if any(lake.noted(made, name) != number for name, number in _notes(now, month, rule).items())
    )


def _recount(world: World, rule: Counting, most: int) -> list[str]:
    """Months are folded before the traits are committed: after a kill between, they are folded again."""
    lake = world.lake
    opened = lake.open(TRACK_TRAITS)
    before = lake.scan_opened(TRACK_TRAITS, opened)
    now = traits.traits(lake.scan(TRACKS), lake.scan(TRACK_ALIASES)).collect()
    changed = traits.changed(before, now.lazy()).collect().to_series()
    months = sorted({*old_months(lake, rule), *_months_of(lake, changed)})
    _fold(world, months, rule, now, most)
    if not now.equals(before.collect()):
        with world.operational.writing():
            lake.overwrite(TRACK_TRAITS, opened, now)
    return months


def _months_of(lake: Lake, track_ids: pl.Series) -> set[str]:
    """Months in which one of these tracks was played or spoken of."""
    if track_ids.is_empty():
        return set()
    is_one = pl.col("track_id").is_in(track_ids.implode())
    found = [
        lake.scan(table).filter(is_one).select(pl.col("month").unique())
        for table in (PLAY_MONTHS, FEEDBACK_EVENTS)
    ]
    held = {month for frame in pl.collect_all(found) for month in frame["month"]}
    return held | _not_added_up(lake)


def _not_added_up(lake: Lake) -> set[str]:
    """Months whose ``play_months`` are older than their plays: nobody knows which tracks they hold."""
    months = sorted(lake.fingerprints(lake.open(PLAYS)))
    made = lake.open(PLAY_MONTHS)
    wanted = agreement.sources(lake, PLAY_MONTHS, months)
    return {
        month
        for month, (name, number) in zip(months, wanted.items(), strict=True)
        if lake.noted(made, name) != number
    }


def _fold(world: World, months: Sequence[str], rule: Counting, track_traits: pl.DataFrame, most: int) -> None:
    for batch in store.batches(months, world.lake.month_rows(PLAYS), most):
        with world.operational.writing():
            store.until_first(partial(_fold_batch, world, batch, rule, track_traits, most))


def _fold_batch(
    world: World, months: Sequence[str], rule: Counting, track_traits: pl.DataFrame, most: int
) -> None:
    lake = world.lake
    opened, prints = lake.open(PROFILE_MONTHS), _prints(lake)  # before anything is read
    replacement = lake.replace(PROFILE_MONTHS, opened, months)
    for part in _parts(lake, months, rule, track_traits, most):
        replacement.add(part.frame, store.condition(part.users))
    notes = [_notes(prints, month, rule) for month in months]
    replacement.commit({name: number for each in notes for name, number in each.items()})


def _parts(
    lake: Lake, months: Sequence[str], rule: Counting, track_traits: pl.DataFrame, most: int
) -> Iterator[store.Part]:
    for users in store.slices(lake, PLAYS, months, most):
        plays = store.of_users(lake.scan(PLAYS, months=months), users).select(_PLAY_COLUMNS)
        said = store.of_users(lake.scan(FEEDBACK_EVENTS, months=months), users)
        feedback = [strengths.of_plays(plays, rule), strengths.of_events(said)]
        yield store.Part(PROFILE_MONTHS, profiles.months(feedback, track_traits.lazy()), users)


def _merge(world: World, most: int) -> None:
    """Some listeners at a time, so that memory does not grow with their number."""
    lake = world.lake
    told = pl.DataFrame(world.preferences.list(), profiles.PREFERENCES, strict=False)
    rows = sum(lake.month_rows(PROFILE_MONTHS).values())
    everybody = [()] if rows <= most else store.everybody(lake.scan(PROFILE_MONTHS), most)
    for users in everybody:

        def compute(users: store.Users = users) -> list[pl.DataFrame]:
            months = store.of_users(lake.scan(PROFILE_MONTHS), users).collect()
            starts = store.of_users(told.lazy(), users).collect()
            return [profiles.merged(months, starts, lake.scan(ARTISTS))]

        store.replace(world, [LISTENER_PROFILES], compute, users)


def _prints(lake: Lake) -> dict[str, Mapping[str, int]]:
    return {table.name: lake.fingerprints(lake.open(table)) for table in _MADE_OF}


def _notes(prints: Mapping[str, Mapping[str, int]], month: str, rule: Counting) -> dict[str, int]:
    """By what the notes are called; the setting changes a number, for a name would be found again later."""
    about = f"{PROFILE_MONTHS.version}.{RULES}"
    is_otherwise = int(rule.include_incognito)
    return {
        f"{name}/{month}/{about}": of_month.get(month, 0) ^ is_otherwise for name, of_month in prints.items()
    }
