"""Simulated listeners as a lake: their plays, and the catalogue and lists that the product makes of them."""

from datetime import UTC, date, datetime
from functools import cache

import polars as pl

from assets.catalog import merge
from assets.catalog.aliases import track_aliases
from assets.catalog.renames import renamed
from assets.listening import names
from assets.stats import months
from assets.stats.months import Counting
from assets.stats.songs import Catalogue
from assets.stats.tops import Facts, tops
from assets.tables import PLAYS, TRACK_MONTHS
from marts.world import World
from simulator import simulate

ZONES = {"listener-000000": "Europe/Berlin", "listener-000001": "America/New_York"}
AS_OF = datetime(2024, 6, 1, tzinfo=UTC)


@cache
def truth() -> pl.DataFrame:
    """What they played, at home, every third play told under capitals, with a clock that ran on for hours."""
    played = simulate(5, len(ZONES), 1_200, date(2023, 11, 20), date(2024, 2, 20))
    is_loud = pl.col("play_no") % 3 == 0
    is_late = (pl.col("play_no") == 40) & (pl.col("kind") == "music")
    return played.with_columns(
        *(
            pl.when(is_loud).then(pl.col(name).str.to_uppercase()).otherwise(name)
            for name in ("artist_name", "album_name")
        ),
        ms_played=pl.when(is_late).then(336 * 60_000).otherwise("ms_played"),
        country=pl.lit(None, dtype=pl.String()),
    )


@cache
def truth_world() -> World:
    """The tables that marts are made from."""
    told = truth().lazy().with_columns(track_id=pl.col("track_uri").str.split(":").list.last())
    facts = told.with_columns(
        play_id=pl.concat_str("user_id", "play_no", separator=":"),
        month=pl.col("ended_at").dt.strftime("%Y-%m"),
        name_key=names.name_key(pl.col("artist_name"), pl.col("track_name")),
        told_album_id=names.told_album_id(),
        source=pl.lit("spotify_extended"),
    )
    rows = _filled(facts, PLAYS.schema)
    made = _catalogue(facts)
    known = (made[name].lazy() for name in ("tracks", "track_aliases", "track_albums", "artists", "albums"))
    counting = Counting()
    so_far = sorted(rows["month"].unique())
    added = Facts(months.play_months(rows.lazy(), counting), rows.lazy(), so_far)
    top_albums = tops(added, Catalogue(*known), AS_OF, counting)["top_albums"].collect()
    zones = [
        {"user_id": user, "time_zone": zone, "is_time_zone_guessed": False} for user, zone in ZONES.items()
    ]
    frames = {"plays": rows, "top_albums": top_albums, **made}
    return {**{name: frame.to_dicts() for name, frame in frames.items()}, "listeners": zones}


def _catalogue(facts: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    is_complete = pl.col("reason_end") == "trackdone"
    counted = facts.group_by(TRACK_MONTHS.key).agg(
        pl.col("name_key").first(),
        plays=pl.len(),
        completes=is_complete.sum(),
        complete_ms=pl.col("ms_played").filter(is_complete).quantile(0.5, "lower"),
        first_played_at=pl.col("started_at").min(),
        last_played_at=pl.col("started_at").max(),
    )
    told = _filled(counted, TRACK_MONTHS.schema).lazy()
    merged = merge.tracks(told).collect().lazy()
    newest = renamed(merged)
    tracks = merge.identified(merged, newest).collect().lazy()
    aliases, artists = track_aliases(tracks, newest), merge.artists(tracks)
    held = merge.track_albums(merge.editions(told), tracks, aliases, newest)
    made = {
        "tracks": tracks,
        "track_aliases": aliases,
        "track_albums": held,
        "artists": artists,
        "albums": merge.albums(held, tracks, artists),
    }
    return {name: frame.collect() for name, frame in made.items()}


def _filled(rows: pl.LazyFrame, schema: pl.Schema) -> pl.DataFrame:
    known = rows.collect_schema()
    return rows.select(
        (pl.col(name) if name in known else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in schema.items()
    ).collect()
