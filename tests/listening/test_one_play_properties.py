from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import play_reference as reference
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from play_rows import ARRIVAL, Row, imports_of, raw, resolved
from play_worlds import ANY_ROW, extended_rows, worlds

from assets.listening import deduplicate, months, reconcile, starts
from assets.listening.resolve import Resolved, resolve
from assets.tables import PLAYS, TRACK_MONTHS

Content = tuple[list[tuple[Any, ...]], Counter[tuple[Any, ...]]]


@pytest.fixture(scope="module", autouse=True)
def _in_memory() -> Iterator[None]:
    """Each step is taken in the engine that ``resolve`` takes it in, where short ones take a tenth of the time."""
    with pl.Config(engine_affinity="in-memory"):
        yield


def content(found: Resolved) -> Content:
    """What was found out, whatever files the rows came in."""
    plays = found.plays.drop(ARRIVAL).sort("play_id").rows()
    return plays, Counter(found.duplicate_rows.drop(ARRIVAL).rows())


def names(found: Resolved) -> pl.DataFrame:
    return found.track_months.sort(TRACK_MONTHS.key)


def comparable(rows: list[Row]) -> pl.DataFrame:
    frame = raw(rows)
    return starts.comparable(frame, imports_of(frame))


@given(worlds())
def test_every_row_is_a_play_or_a_duplicate_of_one(world: list[Row]) -> None:
    found = resolved(world)
    rows = Counter(found.plays.select(ARRIVAL).rows() + found.duplicate_rows.select(ARRIVAL).rows())
    assert rows == Counter(("import", row.get("file", "file"), number) for number, row in enumerate(world))
    assert found.plays["play_id"].null_count() == 0
    assert found.plays["play_id"].is_unique().all()
    assert set(found.duplicate_rows["play_id"]) <= set(found.plays["play_id"])


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(world: list[Row], random: Random) -> None:
    frame = raw(world)
    shuffled = frame[random.sample(range(frame.height), frame.height)]
    before, now = resolved(frame), resolved(shuffled)
    assert before.plays.equals(now.plays)
    assert before.duplicate_rows.sort(ARRIVAL).equals(now.duplicate_rows.sort(ARRIVAL))
    assert names(before).equals(names(now))


@given(worlds(), st.data())
def test_how_rows_are_grouped_into_files_and_imports_does_not_matter(
    world: list[Row], data: st.DataObject
) -> None:
    """Account files stay whole: how often a row occurs in one is what tells of repeated plays."""
    of_file = {name: data.draw(st.sampled_from("AB")) for name in ("account_0", "account_1")}
    regrouped = [
        row | {"import_id": of_file[row["file"]]}
        if "file" in row
        else row | {"import_id": data.draw(st.sampled_from("ABC")), "file": data.draw(st.sampled_from("xy"))}
        for row in world
    ]
    assert content(resolved(world)) == content(resolved(regrouped))


@given(worlds())
def test_importing_everything_again_adds_nothing_but_duplicates(world: list[Row]) -> None:
    once = resolved(world)
    again = [row | {"import_id": "later", "row": number} for number, row in enumerate(world)]
    twice = resolved([row | {"row": number} for number, row in enumerate(world)] + again)
    assert content(once)[0] == content(twice)[0]
    assert twice.duplicate_rows.height == once.duplicate_rows.height + len(world)


@given(worlds(), worlds())
def test_undoing_an_import_leaves_what_the_other_alone_would_have_given(
    mine: list[Row], theirs: list[Row]
) -> None:
    stays = raw([row | {"import_id": "stays"} for row in mine])
    both = pl.concat([stays, raw([row | {"import_id": "goes"} for row in theirs])])
    wanted = both["month"].unique().to_list()
    undone = resolve(both.lazy().filter(import_id="stays"), imports_of(both), wanted)
    alone = resolve(stays.lazy(), imports_of(stays), wanted)
    assert undone.plays.equals(alone.plays)
    assert undone.duplicate_rows.equals(alone.duplicate_rows)
    assert names(undone).equals(names(alone))


def around(frame: pl.DataFrame, wanted: list[str]) -> pl.DataFrame:
    clock = pl.coalesce("ended_at", "started_at")
    return frame.filter(pl.any_horizontal(clock.is_between(*span) for span in months.spans(wanted)))


@given(worlds())
def test_month_by_month_is_the_same_as_all_at_once(world: list[Row]) -> None:
    frame = raw(world)
    whole = resolved(frame)
    parts = [
        resolve(around(frame, [month]).lazy(), imports_of(frame), [month])
        for month in sorted(set(frame["month"]))
    ]
    plays = pl.concat([part.plays for part in parts])
    duplicates = pl.concat([part.duplicate_rows for part in parts])
    assert plays.sort(ARRIVAL).equals(whole.plays.sort(ARRIVAL))
    assert duplicates.sort(ARRIVAL).equals(whole.duplicate_rows.sort(ARRIVAL))


@given(worlds(extended_rows()))
def test_extended_plays_of_a_track_start_at_different_moments(world: list[Row]) -> None:
    plays = resolved(world).plays
    assert plays.select("user_id", "track_id", "started_at").is_unique().all()


@given(worlds(extended_rows()))
def test_known_starts_of_plays_of_a_track_are_more_than_2_s_apart(world: list[Row]) -> None:
    rows = comparable(world).select("row", "is_start_known")
    known = resolved(world).plays.join(rows, on="row").filter("is_start_known").sort("started_at")
    apart = known.select(pl.col("started_at").diff().over("user_id", "track_id"))["started_at"].drop_nulls()
    assert all(gap > timedelta(seconds=2) for gap in apart)


@given(worlds(extended_rows()))
def test_resolving_the_rows_that_were_kept_changes_nothing(world: list[Row]) -> None:
    plays = resolved(world).plays
    kept = [row | {"row": number} for number, row in enumerate(world) if number in set(plays["row"])]
    again = resolved(kept)
    assert again.plays.equals(plays)
    assert again.duplicate_rows.is_empty()


@given(worlds())
def test_each_source_is_collapsed_as_the_rules_say_row_by_row(world: list[Row]) -> None:
    rows = comparable(world)
    found = deduplicate.within_sources(rows.lazy()).collect()
    assert dict(found.select("i", "play").iter_rows()) == reference.within_sources(rows.to_dicts())


@given(worlds())
def test_sources_are_matched_as_the_rules_say_row_by_row(world: list[Row]) -> None:
    rows = comparable(world)
    told = rows.join(
        deduplicate.within_sources(rows.lazy()).collect().drop("rule"), on="i", maintain_order="left"
    )
    kept = told.filter(pl.col("i") == pl.col("play")).drop("play")
    copies = told.filter((pl.col("i") != pl.col("play")) & (pl.col("source") == "spotify_extended"))
    names = raw(world).select("artist_name", "track_name")
    found = dict(reconcile.across_sources(kept, copies, names).iter_rows())
    called = dict(enumerate(names.iter_rows()))
    assert found == reference.across_sources(kept.to_dicts(), copies.to_dicts(), called)


@given(worlds(ANY_ROW, most=8))
def test_a_play_has_every_fact_that_a_row_of_it_from_another_source_tells(world: list[Row]) -> None:
    found = resolved(world)
    facts = ("ms_played", "country", "platform")
    told: dict[str, list[dict[str, Any]]] = {}
    for row, play_id in found.duplicate_rows.filter(rule="other_source").select("row", "play_id").iter_rows():
        told.setdefault(play_id, []).append(world[row])
    for play in found.plays.select(PLAYS.columns.keys()).iter_rows(named=True):
        for fact in facts:
            known = {row.get(fact) for row in told.get(play["play_id"], [])} - {None}
            assert play[fact] is not None or not known
