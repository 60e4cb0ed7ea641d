"""The fields of extended-history rows, in Spotify's order, as JSON text."""

from datetime import UTC, datetime

import polars as pl

from simulator.chance import play_share
from simulator.json_text import boolean, in_quotes, plain, quote_columns
from simulator.quirks import Quirks

PLANTED_USER = "planted-user"
PLANTED_ADDRESS = "203.0.113.7"
PLANTED_AGENT = "planted-agent"
"""Personal values that are written into exports and must never be found anywhere after an import."""
_NULL_SKIPS_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
_WRONG_SKIPS_BEFORE = datetime(2022, 10, 16, tzinfo=UTC)
_TS = {"none": "%Y-%m-%dT%H:%M:%SZ", "space": "%Y-%m-%d %H:%M:%S", "offset": "%Y-%m-%dT%H:%M:%S+00:00"}
_NAMES = ("track_name", "artist_name", "album_name")
_EPISODE = ":episode:"


def _chances(rows: pl.DataFrame) -> pl.DataFrame:
    """Draws that the same play meets in every export; rows of no play draw by their stop."""
    keys = rows.select("user_id", pl.col("play_no").fill_null(pl.col("stop_s")))
    draws = ("skip chance", "name chance", "country chance", "reason chance", "reason side")
    return rows.with_columns(play_share(keys, draw) for draw in draws)


def _skipped(quirks: Quirks) -> pl.Expr:
    is_null = (pl.col("started_at") < _NULL_SKIPS_BEFORE) & (pl.col("skip chance") < quirks.null_skips)
    is_wrong = (pl.col("started_at") < _WRONG_SKIPS_BEFORE) & (pl.col("skip chance") < quirks.wrong_skips)
    return pl.when(~is_null).then(pl.col("is_skipped") ^ is_wrong)


def _reason(column: str, low: float, quirks: Quirks) -> pl.Expr:
    """The reason; empty or null in the rows it falls to, half of them at either end of the play."""
    is_empty = (pl.col("reason chance") < quirks.empty_reasons) & pl.col("reason side").is_between(
        low, low + 0.5
    )
    empty = pl.when(pl.col("reason side") < low + 0.25).then(pl.lit(""))
    return pl.when(is_empty).then(empty).otherwise(pl.col(column)).alias(column)


def prepare_rows(rows: pl.DataFrame, quirks: Quirks) -> pl.DataFrame:
    """``rows`` with the oddities of single fields, and their texts escaped."""
    has_names = pl.col("name chance") >= quirks.null_names
    has_country = pl.col("country chance") >= quirks.unknown_country
    odd = _chances(rows).with_columns(
        *(pl.when(has_names).then(name).alias(name) for name in _NAMES),
        pl.when(has_country).then("country").otherwise(pl.lit("ZZ")).alias("country"),
        _reason("reason_start", 0.0, quirks),
        _reason("reason_end", 0.5, quirks),
        _skipped(quirks).alias("is_skipped"),
        (pl.lit("spotify:show:") + pl.col("track_uri").str.slice(16)).alias("book_uri"),
    )
    return quote_columns(odd, *_NAMES, "reason_start", "reason_end", "platform")


def _when(is_kind: pl.Expr, text: pl.Expr) -> pl.Expr:
    return pl.when(is_kind.fill_null(value=False)).then(text).otherwise(pl.lit("null"))


def _skip_text(quirks: Quirks) -> pl.Expr:
    skipped = pl.col("is_skipped")
    if quirks.round_trip == "none":
        return boolean(skipped)
    digits = pl.Int64 if quirks.round_trip == "space" else pl.Float64
    return plain(skipped.cast(digits))


def _identity() -> dict[str, pl.Expr]:
    is_book = pl.col("kind") == "audiobook"
    is_episode = pl.col("track_uri").str.contains(_EPISODE, literal=True) & ~is_book
    is_track = ~is_episode & ~is_book
    uri = in_quotes(pl.col("track_uri"))
    return {
        "master_metadata_track_name": _when(is_track, pl.col("track_name")),
        "master_metadata_album_artist_name": _when(is_track, pl.col("artist_name")),
        "master_metadata_album_album_name": _when(is_track, pl.col("album_name")),
        "spotify_track_uri": _when(is_track, uri),
        "episode_name": _when(is_episode, pl.col("track_name")),
        "episode_show_name": _when(is_episode, pl.col("artist_name")),
        "spotify_episode_uri": _when(is_episode, uri),
        "audiobook_title": _when(is_book, pl.col("album_name")),
        "audiobook_uri": _when(is_book, in_quotes(pl.col("book_uri"))),
        "audiobook_chapter_uri": _when(is_book, uri),
        "audiobook_chapter_title": _when(is_book, pl.col("track_name")),
    }


def _manner(quirks: Quirks) -> dict[str, pl.Expr]:
    return {
        "reason_start": pl.col("reason_start"),
        "reason_end": pl.col("reason_end"),
        "shuffle": boolean(pl.col("is_shuffle")),
        "skipped": _skip_text(quirks),
        "offline": boolean(pl.col("is_offline")),
        "offline_timestamp": plain(pl.col("offline_timestamp")),
        "incognito_mode": boolean(pl.col("is_incognito")),
    }


def row_fields(keys: int, quirks: Quirks) -> dict[str, pl.Expr]:
    """The fields of the 19-, 21- or 23-key form, over rows from ``prepare_rows``."""
    ts = pl.from_epoch("stop_s", "s").dt.strftime(_TS[quirks.round_trip])
    address = pl.lit(f'"{PLANTED_ADDRESS}"')
    fields = {
        "ts": in_quotes(ts),
        "username": in_quotes(pl.lit(f"{PLANTED_USER}-") + pl.col("user_id")),
        "platform": pl.col("platform"),
        "ms_played": plain(pl.col("ms_played")),
        "conn_country": in_quotes(pl.col("country")),
        "ip_addr": address,
        "ip_addr_decrypted": address,
        "user_agent_decrypted": pl.lit(f'"{PLANTED_AGENT}"'),
        **_identity(),
        **_manner(quirks),
    }
    books = tuple(name for name in fields if name.startswith("audiobook_"))
    old = ("username", "ip_addr_decrypted", "user_agent_decrypted")
    left_out = {19: (*old, *books), 21: ("ip_addr", *books), 23: old}[keys]
    return {name: value for name, value in fields.items() if name not in left_out}
