from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from taste_reference import Said, events, track_traits

from assets.recommendations import profiles, strengths, traits
from assets.stats.months import Counting
from assets.tables import ARTISTS, PLAYS, TRACK_ALIASES, TRACKS

AT = datetime(2024, 3, 5, 20, tzinfo=UTC)


def play(number: int, **told: object) -> dict[str, object]:
    at = AT + timedelta(minutes=number)
    usual = {"kind": "music", "month": "2024-03", "user_id": "ana", "track_id": "t1", "is_incognito": False}
    return {**usual, "play_id": f"p{number}", "started_at": at, "ended_at": at, **told}


def plays(*rows: dict[str, object]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), PLAYS.schema)


def worth(*rows: dict[str, object], rule: Counting | None = None) -> list[tuple[str, int]]:
    found = strengths.of_plays(plays(*rows), rule or Counting()).collect()
    return found.select("play_id", "strength").rows()


def test_plays_that_ran_to_the_end_and_skips_are_feedback_and_others_are_not() -> None:
    assert worth(
        play(1, reason_end="trackdone", is_skipped=False),
        play(2, reason_end="fwdbtn", is_skipped=True),
        play(3, reason_end="endplay", is_skipped=False),
        play(4, reason_end=None, is_skipped=None),
        play(5, reason_end="trackdone", is_skipped=True),
    ) == [("p1", 50_000), ("p2", -50_000), ("p5", 50_000)]


def test_a_taste_is_one_in_music_and_private_sessions_stay_private() -> None:
    private, podcast = (
        play(1, reason_end="trackdone", is_incognito=True),
        play(2, reason_end="trackdone", kind="podcast"),
    )
    assert worth(private, podcast) == []
    assert worth(private, podcast, rule=Counting(include_incognito=True)) == [("p1", 50_000)]


@pytest.mark.parametrize(
    ("kind", "rating", "strength"),
    [
        ("play", None, 50_000),
        ("skip", None, -50_000),
        ("like", None, 100_000),
        ("dislike", None, -100_000),
        ("favorite", None, 200_000),
        ("rate", 1.0, 100_000),
        ("rate", 0.0, -100_000),
        ("rate", 0.5, 0),
        ("rate", 0.8, 60_000),
    ],
)
def test_each_kind_of_feedback_has_its_strength(kind: str, rating: float | None, strength: int) -> None:
    said = strengths.of_events(events([Said(1, "ana", kind, "t1", 0, rating)]).lazy())
    assert said.collect()["strength"].to_list() == [strength]


def test_at_the_same_time_plays_count_before_words_and_each_by_its_id() -> None:
    """From 0.98: skip, then favorite, saturates; the other way round it would not."""
    at = (AT - datetime(2024, 1, 1, tzinfo=UTC)) // timedelta(minutes=1)
    said = events([Said(9, "ana", "favorite", "t2", at), Said(10, "ana", "dislike", "t2", at)])
    heard = play(0, track_id="t2", reason_end="fwdbtn", is_skipped=True)
    feedback = [strengths.of_events(said.lazy()), strengths.of_plays(plays(heard), Counting())]
    months = profiles.months(feedback, track_traits().lazy())
    start = pl.DataFrame([("ana", "genre", "rock", 980_000)], profiles.PREFERENCES, orient="row")
    made = profiles.merged(months, start, ARTISTS.empty().lazy())
    assert made.filter(kind="genre")["weight_millionths"].to_list() == [900_000]


def test_feedback_on_a_track_the_catalogue_does_not_know_moves_nothing() -> None:
    said = strengths.of_events(events([Said(1, "ana", "like", "stranger", 0)]).lazy())
    assert profiles.months([said], track_traits().lazy()).is_empty()


# Traits


def tracks(*rows: dict[str, object]) -> pl.LazyFrame:
    usual = {"kind": "music", "genres": []}
    return pl.LazyFrame([{**usual, **row} for row in rows], TRACKS.schema)


def aliases(**meant: str) -> pl.LazyFrame:
    return pl.LazyFrame(list(meant.items()), TRACK_ALIASES.schema, orient="row")


def test_an_id_that_means_another_song_has_that_songs_traits_also_when_nobody_played_it_under_it() -> None:
    known = tracks(
        {"track_id": "s1", "artist_id": "a1", "genres": ["rock", "rock", "pop"]},
        {"track_id": "n1", "artist_id": "a1", "genres": []},
        {"track_id": "show", "artist_id": "a9", "kind": "podcast"},
    )
    found = traits.traits(known, aliases(n1="s1", n2="s1", lost="gone")).collect()
    assert found.select("track_id", "artist_id", "genres").rows() == [
        (ident, "a1", ["rock", "pop"]) for ident in ("n1", "n2", "s1")
    ]


def test_only_tracks_that_count_otherwise_have_changed() -> None:
    before = track_traits()
    now = pl.DataFrame(
        [
            ("t1", "a1", ["shoegaze", "rock"], "calm"),  # another order only
            ("t2", "a1", ["rock", "pop"], None),
            ("t3", "a3", [], "calm"),
            ("t4", "a2", ["pop"], None),
            ("t6", None, [], None),  # nothing to count
            ("t7", "a7", [], None),
        ],
        before.schema,
        orient="row",
    )
    changed = traits.changed(before.lazy(), now.lazy()).collect()["track_id"]
    assert sorted(changed) == ["t2", "t3", "t4", "t7"]


def test_an_artist_is_shown_by_name_and_everything_else_as_it_is_called() -> None:
    said = strengths.of_events(events([Said(1, "ana", "like", "t1", 0)]).lazy())
    artists = pl.LazyFrame([{"artist_id": "a1", "artist_name": "Slowdive"}], ARTISTS.schema)
    made = profiles.merged(
        profiles.months([said], track_traits().lazy()), profiles.PREFERENCES.to_frame(), artists
    )
    assert made.select("kind", "label", "weight").rows() == [
        ("artist", "Slowdive", 0.6),
        ("genre", "rock", 0.6),
        ("genre", "shoegaze", 0.6),
        ("mood", "calm", 0.6),
    ]
