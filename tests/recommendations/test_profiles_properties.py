"""Composed is the same as one at a time, in any grouping and any order of the work."""

import random
from collections.abc import Sequence
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from taste_reference import (
    ONE,
    Said,
    Weights,
    events,
    names_of,
    one_at_a_time,
    track_traits,
    weights_of,
)

from assets.recommendations import fold, profiles, strengths
from assets.tables import ARTISTS, LISTENER_PROFILES, PROFILE_MONTHS

USERS = ("ana", "ben")
NO_ARTISTS = ARTISTS.empty().lazy()
_kinds = st.sampled_from(["play", "skip", "like", "dislike", "favorite", "rate"])


@st.composite
def conversations(draw: st.DrawFn, most: int = 60) -> list[Said]:
    """Feedback of two listeners over about three months, with many a tie of times and of unknown tracks."""
    count = draw(st.integers(0, most))
    said = []
    for number in range(count):
        kind = draw(_kinds)
        rating = draw(st.floats(0, 1)) if kind == "rate" else None
        track = draw(st.sampled_from(["t1", "t2", "t3", "t4", "t5", "stranger"]))
        minutes = draw(st.integers(0, 8)) * 15_000
        said.append(Said(number, draw(st.sampled_from(USERS)), kind, track, minutes, rating))
    return said


starts = st.dictionaries(
    st.tuples(
        st.sampled_from(USERS), st.sampled_from(["genre", "mood"]), st.sampled_from(["rock", "calm", "jazz"])
    ),
    st.integers(0, ONE),
    max_size=4,
)


def preferences(told: Weights) -> pl.DataFrame:
    return pl.DataFrame([(*of, weight) for of, weight in told.items()], profiles.PREFERENCES, orient="row")


def months_of(said: Sequence[Said]) -> pl.DataFrame:
    feedback = [strengths.of_events(events(said).lazy())]
    return profiles.months(feedback, track_traits().lazy())


@given(conversations(), starts)
def test_months_composed_and_merged_are_feedback_applied_one_at_a_time(
    said: list[Said], told: Weights
) -> None:
    made = profiles.merged(months_of(said), preferences(told), NO_ARTISTS)
    assert weights_of(made) == one_at_a_time(said, told)
    counted = dict.fromkeys(told, 0)
    for each in said:
        for kind, name in names_of(each.track):
            counted[each.user, kind, name] = counted.get((each.user, kind, name), 0) + 1
    assert {row[:3]: row[3] for row in made.select("user_id", "kind", "name", "steps").rows()} == counted


@given(conversations(), starts, st.randoms())
def test_months_folded_apart_and_in_any_order_give_the_same_bits(
    said: list[Said], told: Weights, chance: random.Random
) -> None:
    by_month: dict[str, list[Said]] = {}
    for each in said:
        by_month.setdefault(f"{each.at:%Y-%m}", []).append(each)
    parts = [months_of(part) for part in by_month.values()]
    chance.shuffle(parts)
    apart = pl.concat([PROFILE_MONTHS.empty(), *parts])
    whole = profiles.merged(months_of(said), preferences(told), NO_ARTISTS)
    assert profiles.merged(apart, preferences(told), NO_ARTISTS).equals(whole)


@given(conversations(), st.randoms())
def test_the_order_rows_arrive_in_does_not_matter(said: list[Said], chance: random.Random) -> None:
    shuffled = list(said)
    chance.shuffle(shuffled)
    found = months_of(shuffled)
    assert found.equals(months_of(said))
    assert found.equals(found.sort(PROFILE_MONTHS.key))


@given(conversations(), starts, st.integers(0, 60))
def test_events_since_a_snapshot_fold_into_it_as_if_they_had_been_there(
    said: list[Said], told: Weights, cut: int
) -> None:
    in_order = sorted(said, key=lambda each: (each.at, each.number))
    before, since = in_order[:cut], in_order[cut:]
    snapshot = profiles.merged(months_of(before), preferences(told), NO_ARTISTS)
    now = profiles.current(snapshot, events(since), track_traits())
    assert now.schema == LISTENER_PROFILES.schema
    assert now.equals(profiles.merged(months_of(said), preferences(told), NO_ARTISTS))


_strengths = st.lists(st.integers(-300_000, 300_000), min_size=1, max_size=80)


@given(_strengths, st.integers(0, ONE), st.lists(st.integers(0, 80), max_size=6))
def test_a_run_of_steps_is_one_step_however_it_is_cut(worth: list[int], weight: int, cuts: list[int]) -> None:
    expected = weight
    for each in worth:
        expected = max(0, min(ONE, expected + each))
    steps = pl.DataFrame({"worth": worth}).select(
        pl.lit(1).alias("group"),
        *fold.single(pl.col("worth")),
        steps=pl.lit(1, pl.Int64),
        last_at=pl.lit(0),
    )
    at = [0, *sorted(min(cut, len(worth)) for cut in cuts), len(worth)]
    pieces = [steps[begin:end] for begin, end in pairwise(at) if end > begin]
    composed = fold.folded(pl.concat([fold.folded(piece, ["group"]) for piece in pieces]), ["group"])
    assert composed.select(fold.applied(pl.lit(weight))).item() == expected
    assert composed["steps"].item() == len(worth)
    assert composed.equals(fold.folded(steps, ["group"]))
