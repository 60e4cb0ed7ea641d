from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import simulate, truth_frames

SMALL_WORLDS = st.tuples(st.integers(0, 10_000), st.integers(1, 5), st.integers(5, 400))


def gaps_ms(truth: pl.DataFrame, *group: str) -> pl.Series:
    previous_end = pl.col("ended_at").shift(1).over(group, order_by="started_at")
    return (
        truth.select((pl.col("started_at") - previous_end).dt.total_milliseconds()).to_series().drop_nulls()
    )


def starts_apart_ms(truth: pl.DataFrame, *group: str) -> int:
    previous = pl.col("started_at").shift(1).over(group, order_by="started_at")
    apart = truth.select((pl.col("started_at") - previous).dt.total_milliseconds()).to_series().drop_nulls()
    return int(apart.to_frame().min().item())


@settings(max_examples=20, deadline=None)
@given(SMALL_WORLDS)
def test_plays_of_one_listener_are_in_order_and_never_overlap(world: tuple[int, int, int]) -> None:
    seed, listeners, plays = world
    truth = simulate(seed, listeners, plays, date(2024, 1, 1), date(2024, 12, 31))
    assert truth.height == plays
    assert truth["user_id"].n_unique() == listeners
    assert (gaps_ms(truth, "user_id") > 0).all()
    assert truth.equals(truth.sort("user_id", "started_at"))


@settings(max_examples=20, deadline=None)
@given(SMALL_WORLDS)
def test_times_are_whole_milliseconds_inside_the_days_asked_for(world: tuple[int, int, int]) -> None:
    seed, listeners, plays = world
    truth = simulate(seed, listeners, plays, date(2024, 2, 1), date(2024, 12, 30))
    assert truth.filter(pl.col("started_at").dt.microsecond() % 1000 != 0).is_empty()
    played_ms = (truth["ended_at"] - truth["started_at"]).dt.total_milliseconds()
    assert played_ms.equals(truth["ms_played"], check_names=False)
    ends = truth.select(low=pl.col("started_at").min(), high=pl.col("ended_at").max()).row(0)
    assert ends[0] >= datetime(2024, 2, 1, tzinfo=UTC)
    assert ends[1] <= datetime(2024, 12, 31, tzinfo=UTC)


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    assert simulate(7, 3, 900).equals(simulate(7, 3, 900))
    assert not simulate(7, 3, 900).equals(simulate(8, 3, 900))


def test_plays_of_one_song_start_at_least_eight_seconds_apart_in_a_crowded_month() -> None:
    truth = simulate(3, 1, 5_000, date(2024, 3, 1), date(2024, 3, 31))
    assert starts_apart_ms(truth, "track_uri") >= 8_000
    assert starts_apart_ms(truth.filter(kind="music"), "artist_name", "track_name") >= 8_000


def test_more_plays_than_the_days_can_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="more plays than the days can hold"):
        simulate(1, 1, 2_000, date(2024, 1, 1), date(2024, 1, 2))
    with pytest.raises(ValueError, match="each of 5 listeners needs a play"):
        simulate(1, 5, 4)


def test_a_history_holds_all_that_real_ones_do() -> None:
    truth = simulate(5, 4, 60_000)
    music = truth.filter(kind="music")
    uris_of_song = music.group_by("artist_name", "track_name").agg(pl.col("track_uri").n_unique())
    again = music.with_columns(previous=pl.col("track_uri").shift(1).over("user_id"))
    assert set(truth["kind"].unique()) == {"music", "podcast", "audiobook", "video"}
    assert 0.01 < (truth["ms_played"] == 0).to_frame().mean().item() < 0.07
    assert truth.filter(pl.col("ms_played") > 2 * 3_600_000).height > 0
    assert truth.filter(ms_played=29_750).height > 10
    assert uris_of_song.filter(pl.col("track_uri") > 1).height > 0
    assert again.filter(pl.col("previous") == pl.col("track_uri")).height > 500
    assert truth["country"].n_unique() > 4
    assert 0.01 < truth["is_offline"].cast(pl.Int64).to_frame().mean().item() < 0.15
    assert 0.1 < truth["is_skipped"].cast(pl.Int64).to_frame().mean().item() < 0.5


@pytest.mark.parametrize("hard", ["},{", '"', "\\", "🦊", "\u05d5", "\u0646", "海"])
def test_some_names_are_hard_to_read(hard: str) -> None:
    assert simulate(5, 4, 20_000).filter(pl.col("track_name").str.contains(hard, literal=True)).height > 0


def test_evenings_are_busier_than_nights_and_few_artists_take_most_plays() -> None:
    truth = simulate(2, 200, 60_000)
    hours = truth.group_by(pl.col("started_at").dt.hour().alias("hour")).len().sort("hour")["len"]
    artists = truth.filter(kind="music").group_by("user_id", "artist_name").len()
    top_share = artists.group_by("user_id").agg(pl.col("len").max() / pl.col("len").sum())["len"]
    assert hours[17:22].to_frame().sum().item() > 2 * hours[1:6].to_frame().sum().item()
    assert top_share.to_frame().mean().item() > 0.05


def test_albums_are_listened_to_in_order() -> None:
    music = simulate(4, 1, 5_000).filter(kind="music")
    albums = music.with_columns(run=(pl.col("album_name") != pl.col("album_name").shift(1)).cum_sum())
    assert (
        albums.group_by("run").agg(pl.col("track_uri").n_unique()).filter(pl.col("track_uri") >= 6).height
        > 20
    )


def test_frames_of_a_large_world_hold_whole_listeners_and_all_plays() -> None:
    frames = list(truth_frames(1, 300, 30_000, batch=5_000))
    users = [set(frame["user_id"].unique()) for frame in frames]
    assert len(frames) > 3
    assert sum(len(each) for each in users) == len(set().union(*users)) == 300
    assert sum(frame.height for frame in frames) == 30_000
    assert all(frame.select("user_id", "play_no").is_unique().all() for frame in frames)
    assert max(frame.height for frame in frames) < 10_000


def test_taste_and_home_do_not_repeat_from_frame_to_frame() -> None:
    truth = pl.concat(truth_frames(1, 300, 30_000, batch=5_000))
    favourites = truth.filter(kind="music").group_by("user_id").agg(pl.col("artist_name").mode().first())
    assert favourites["artist_name"].n_unique() > 20
    assert truth.group_by("user_id").agg(pl.col("country").mode().first())["country"].n_unique() == 12


def test_taste_drifts_so_that_every_year_brings_new_artists_and_old_ones_fade() -> None:
    music = simulate(3, plays=20_000).filter(pl.col("kind") == "music", ~pl.col("is_incognito"))
    by_year = music.with_columns(year=pl.col("started_at").dt.year())
    new = by_year.group_by("artist_name").agg(pl.col("year").min()).group_by("year").len()
    assert set(new["year"]) == set(range(2015, 2025))
    assert new["len"].min() >= 5  # type: ignore[operator]
    first, last = (set(_favourites(by_year.filter(year=year))) for year in (2015, 2024))
    assert first != last


def _favourites(music: pl.DataFrame) -> list[str]:
    return music["artist_name"].value_counts(sort=True)["artist_name"].head(20).to_list()
