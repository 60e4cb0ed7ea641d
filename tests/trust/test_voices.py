"""One person is one voice a content, and a score is what the voices make of it."""

from datetime import UTC, datetime, timedelta
from math import isclose, sqrt

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assets.tables import FEEDBACK_EVENTS, PLAY_MONTHS, TRACK_ALIASES, TRACKS
from assets.trust import scores, voices
from assets.trust.scores import Rule

START = datetime(2026, 1, 1, tzinfo=UTC)
Said = tuple[str, str, str, float | None, int]
"""Listener, type, track, rating, hour."""
Heard = tuple[str, str, str, int, int]
"""Listener, track, month, completes, skips."""


def events(said: list[Said]) -> pl.LazyFrame:
    rows = [
        {
            "event_id": number,
            "happened_at": START + timedelta(hours=hour),
            "user_id": user,
            "type": kind,
            "track_id": track,
            "rating": rating,
        }
        for number, (user, kind, track, rating, hour) in enumerate(said)
    ]
    schema = {name: FEEDBACK_EVENTS.schema[name] for name in FEEDBACK_EVENTS.schema}
    return pl.LazyFrame(rows, schema=schema)


def play_months(heard: list[Heard]) -> pl.LazyFrame:
    rows = [
        {"user_id": user, "track_id": track, "month": month, "completes": completes, "skips": skips}
        for user, track, month, completes, skips in heard
    ]
    return pl.LazyFrame(rows, schema=PLAY_MONTHS.schema)


def aliases(names: dict[str, str] | None = None) -> pl.LazyFrame:
    rows = [{"alias_id": alias, "track_id": track} for alias, track in (names or {}).items()]
    return pl.LazyFrame(rows, schema=TRACK_ALIASES.schema)


def counted(
    said: list[Said], heard: list[Heard], names: dict[str, str] | None = None
) -> dict[str, tuple[int, int]]:
    rows = voices.counted(play_months(heard), events(said), aliases(names)).collect().rows()
    return {content: (verifications, reports) for content, verifications, reports in rows}


def by_hand(said: list[Said], heard: list[Heard], names: dict[str, str]) -> dict[str, tuple[int, int]]:
    """The rules, one listener and one content at a time."""
    pairs = {(user, names.get(track, track)) for user, _, track, _, _ in said}
    pairs |= {(user, names.get(track, track)) for user, track, *_ in heard}
    found: dict[str, tuple[int, int]] = {}
    for user, content in pairs:
        own = [
            (hour, number, kind, rating)
            for number, (who, kind, track, rating, hour) in enumerate(said)
            if who == user and names.get(track, track) == content
        ]
        words = sorted(each for each in own if each[2] not in ("play", "skip"))
        if words:
            _, _, kind, rating = words[-1]
            side = {"like": 1, "favorite": 1, "dislike": -1}.get(kind)
            if side is None:
                side = 0 if rating is None or rating == 0.5 else (1 if rating > 0.5 else -1)
        else:
            balance = sum(1 if kind == "play" else -1 for _, _, kind, _ in own)
            balance += sum(
                completes - skips
                for who, track, _, completes, skips in heard
                if who == user and names.get(track, track) == content
            )
            side = (balance > 0) - (balance < 0)
        verifications, reports = found.get(content, (0, 0))
        found[content] = (verifications + (side == 1), reports + (side == -1))
    return found


USERS, TRACKS_SAID = st.sampled_from(["ada", "bo", "cy"]), st.sampled_from(["t1", "t2", "name:a", "name:b"])
SAID = st.lists(
    st.tuples(
        USERS,
        st.sampled_from(["play", "skip", "like", "dislike", "favorite", "rate"]),
        TRACKS_SAID,
        st.sampled_from([0.0, 0.25, 0.5, 0.5000001, 1.0]),
        st.integers(0, 3),
    ),
    max_size=25,
)
HEARD = st.lists(
    st.tuples(
        USERS, TRACKS_SAID, st.sampled_from(["2026-01", "2026-02"]), st.integers(0, 3), st.integers(0, 3)
    ),
    max_size=10,
)


@given(SAID, HEARD)
def test_voices_are_counted_as_by_hand(said: list[Said], heard: list[Heard]) -> None:
    names = {"name:a": "t1"}
    told = [
        (user, kind, track, rating if kind == "rate" else None, hour)
        for user, kind, track, rating, hour in said
    ]
    assert counted(told, heard, names) == by_hand(told, heard, names)


@given(SAID, HEARD)
def test_listeners_may_be_counted_apart(said: list[Said], heard: list[Heard]) -> None:
    told = [
        (user, kind, track, rating if kind == "rate" else None, hour)
        for user, kind, track, rating, hour in said
    ]
    apart = [
        voices.counted(
            play_months(heard).filter(pl.col("user_id") == user),
            events(told).filter(pl.col("user_id") == user),
            aliases(),
        ).collect()
        for user in ("ada", "bo", "cy")
    ]
    nothing = pl.LazyFrame(schema=TRACKS.schema)
    scored = scores.scored(apart, nothing, aliases()).collect()
    found = {
        row["content_id"]: (row["verifications"], row["reports"]) for row in scored.iter_rows(named=True)
    }
    assert found == counted(told, heard)


def test_one_person_is_one_voice_however_often_they_press_a_button() -> None:
    stuffing: list[Said] = [("ada", "like", "t1", None, hour) for hour in range(50)]
    assert counted([*stuffing, ("bo", "dislike", "t1", None, 1)], []) == {"t1": (1, 1)}


def test_the_latest_word_counts_and_stands_above_plays() -> None:
    said: list[Said] = [("ada", "like", "t1", None, 5), ("ada", "dislike", "t1", None, 2)]
    assert counted(said, [("ada", "t1", "2026-01", 0, 40)]) == {"t1": (1, 0)}


def test_of_two_words_at_one_moment_the_later_event_counts() -> None:
    said: list[Said] = [("ada", "like", "t1", None, 1), ("ada", "dislike", "t1", None, 1)]
    assert counted(said, []) == {"t1": (0, 1)}


@pytest.mark.parametrize(
    ("rating", "side"), [(0.0, (0, 1)), (0.499, (0, 1)), (0.5, (0, 0)), (0.501, (1, 0)), (1.0, (1, 0))]
)
def test_a_rating_says_for_or_against_and_in_the_middle_neither(rating: float, side: tuple[int, int]) -> None:
    """Whoever rates 0.5 has spoken: their plays do not speak for them any more."""
    assert counted([("ada", "rate", "t1", rating, 1)], [("ada", "t1", "2026-01", 9, 0)]) == {"t1": side}


def test_as_many_plays_as_skips_over_all_months_are_no_voice() -> None:
    heard: list[Heard] = [("ada", "t1", "2026-01", 2, 0), ("ada", "t1", "2026-02", 0, 1)]
    assert counted([("ada", "skip", "t1", None, 1)], heard) == {"t1": (0, 0)}


# Scores


def scored(votes: dict[str, tuple[int, int]], artists: dict[str, str | None]) -> pl.DataFrame:
    counts = pl.DataFrame(
        [(content, *sides) for content, sides in votes.items()],
        schema={"content_id": pl.String(), "verifications": pl.Int64(), "reports": pl.Int64()},
        orient="row",
    )
    rows = [{"track_id": track, "artist_id": artist} for track, artist in artists.items()]
    return scores.scored([counts], pl.LazyFrame(rows, schema=TRACKS.schema), aliases()).collect()


def test_content_nobody_spoke_of_is_neutral_and_content_nobody_knows_has_an_unknown_creator() -> None:
    found = scored({"strange": (3, 1)}, {"t1": "nines", "podcast": None})
    assert found.select("content_id", "creator_id", "voices", "score").rows() == [
        ("podcast", "unknown", 0, 0.5),
        ("strange", "unknown", 4, 0.75),
        ("t1", "nines", 0, 0.5),
    ]


def test_another_id_of_a_track_is_no_content_of_its_own() -> None:
    tracks = pl.LazyFrame([{"track_id": "t1"}, {"track_id": "name:a"}], schema=TRACKS.schema)
    votes = voices.counted(
        play_months([("ada", "name:a", "2026-01", 1, 0)]), events([]), aliases({"name:a": "t1"})
    )
    found = scores.scored([votes.collect()], tracks, aliases({"name:a": "t1"})).collect()
    assert found.select("content_id", "verifications").rows() == [("t1", 1)]


@given(st.integers(0, 1000), st.integers(0, 1000))
@example(0, 3)
def test_a_score_is_the_share_and_wilsons_bound_lies_below_it(verifications: int, reports: int) -> None:
    (row,) = scored({"t": (verifications, reports)}, {}).iter_rows(named=True)
    count = verifications + reports
    assert 0 <= row["wilson_low"] <= row["score"] <= 1
    if not count:
        assert (row["score"], row["wilson_low"]) == (0.5, 0)
        return
    share, z = verifications / count, 1.959963984540054
    middle = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    assert row["score"] == share
    assert isclose(row["wilson_low"], (middle - spread) / (1 + z * z / count), abs_tol=1e-12)


# Filters


SCORES = pl.LazyFrame(
    {"content_id": ["low", "high", "edge", "few"], "score": [0.49, 0.51, 0.5, 0.0], "voices": [3, 3, 3, 2]}
)
ASKED = pl.LazyFrame({"track_id": ["few", "edge", "low", "high", "never seen"]})


@pytest.mark.parametrize(
    ("rule", "passing"),
    [
        (Rule(is_on=True, threshold=0.5, min_voices=3), ["edge", "few", "high", "never seen"]),
        (Rule(is_on=True, threshold=0.5, min_voices=1), ["edge", "high", "never seen"]),
        (Rule(is_on=True, threshold=0.6, min_voices=3), ["few", "never seen"]),
        (Rule(is_on=False, threshold=1.0, min_voices=1), ["edge", "few", "high", "low", "never seen"]),
    ],
)
def test_content_passes_until_enough_have_spoken_against_it(rule: Rule, passing: list[str]) -> None:
    assert sorted(rule.passing(ASKED, SCORES).collect()["track_id"]) == passing


def test_a_listeners_own_dislikes_are_left_out_for_them_only() -> None:
    said: list[Said] = [("ada", "dislike", "t1", None, 1), ("bo", "dislike", "t1", None, 1)]
    said += [("bo", "like", "t1", None, 2), ("ada", "skip", "t2", None, 3)]
    candidates = pl.LazyFrame({"user_id": ["ada", "ada", "bo"], "track_id": ["t1", "t2", "t1"]})
    left = scores.without_disliked(candidates, voices.disliked(events(said), aliases()))
    assert sorted(left.collect().rows()) == [("ada", "t2"), ("bo", "t1")]
