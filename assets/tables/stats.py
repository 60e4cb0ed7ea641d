"""How much was listened to: facts by month, and top lists."""

import polars as pl

from assets.tables.table import (
    ARTIST,
    ARTIST_NAME,
    FETCHED,
    KIND,
    MONTH,
    TEXTS,
    TOLD_ALBUM_ID,
    TRACK_ID,
    USER,
    Column,
    Table,
    integer,
    moment,
    text,
)

PLAY_MONTHS = Table(
    name="play_months",
    group="stats",
    description="What each listener played in each month, a row a track and album: the facts of tops.",
    key=("user_id", "kind", "track_id", "told_album_id", "month"),
    is_monthly=True,
    sort_by=("user_id", "kind", "track_id", "told_album_id"),
    version=3,
    columns={
        "month": MONTH,
        "user_id": USER,
        "kind": KIND,
        "track_id": TRACK_ID,
        "told_album_id": TOLD_ALBUM_ID,
        "plays": integer("all plays, incognito left out"),
        "plays_counted": integer("plays that count: 30 s or more, or complete, or of no known length"),
        "plays_unmeasured": integer("plays whose source gives no time played"),
        "ms_played": integer("time played, where known; null where it is of no play"),
        "ms_long": Column(pl.List(pl.Int64()), "time of each play over five minutes, longest first"),
        "skips": integer("plays known to be skipped"),
        "completes": integer("plays that ran to the end"),
        "first_played_at": moment("first start in the month"),
        "last_played_at": moment("last start in the month"),
    },
)

CLOCK_MONTHS = Table(
    name="clock_months",
    group="stats",
    description="When each listener listened, by UTC quarter-hour: local clocks are made from it.",
    key=("month", "user_id", "country", "kind", "quarter_hour_at"),
    is_monthly=True,
    sort_by=("user_id", "quarter_hour_at", "country", "kind"),
    columns={
        "month": MONTH,
        "user_id": USER,
        "country": text("country of the connection; null when unknown"),
        "kind": KIND,
        "quarter_hour_at": moment("start of the quarter-hour, UTC"),
        "plays": integer("plays that started in it, incognito left out"),
        "ms_played": integer("time played, where known; null where it is of no play"),
    },
)


def _top(name: str, what: str, columns: dict[str, Column]) -> Table:
    return Table(
        name=name,
        group="stats",
        description=f"The {what} each listener played most, by period; music only.",
        key=("user_id", "period", "ranked_by", "rank"),
        sort_by=("user_id", "period", "ranked_by", "rank"),
        version=2,
        renamed={"window": "period"},
        columns={
            "user_id": USER,
            "period": text(
                '4_weeks, 6_months, year, all_time, or a calendar year ("2024": plays that ended in it, UTC)'
            ),
            "ranked_by": text("time or plays"),
            "rank": integer("from 1; ties break by the other measure, then name, then id"),
            **columns,
            "plays": integer("plays that count"),
            "ms_estimated": integer(
                "time played, of a song at most three times its length or five minutes; else the length; "
                "null where neither is known"
            ),
            "as_of": moment("the moment the periods end at"),
        },
    )


TOP_TRACKS = _top(
    "top_tracks",
    "tracks",
    {"track_id": TRACK_ID, "track_name": text("title"), "artist_name": ARTIST_NAME},
)
TOP_ARTISTS = _top("top_artists", "artists", ARTIST)
TOP_ALBUMS = _top(
    "top_albums",
    "albums",
    {"album_id": text("the album"), "album_name": text("album"), "artist_name": ARTIST_NAME},
)
TOP_GENRES = _top(
    "top_genres",
    "genres",
    {"genre": text("genre of the artist, as Spotify says, else of the track, as a dataset says")},
)


def _spotify_top(what: str, columns: dict[str, Column]) -> Table:
    return Table(
        name=f"spotify_top_{what}",
        group="stats",
        layer="raw",
        description=f"What Spotify itself calls each linked listener's top {what}; replaced whole.",
        key=("user_id", "term", "rank"),
        sort_by=("user_id", "term", "rank"),
        columns={
            "user_id": USER,
            "term": text("short_term (4 weeks), medium_term (6 months) or long_term (1 year)"),
            "rank": integer("from 1, as Spotify ranks"),
            **columns,
            "fetched_at": FETCHED,
        },
    )


SPOTIFY_TOP_TRACKS = _spotify_top(
    "tracks",
    {"track_id": text("Spotify id"), "track_name": text("title"), "artist_name": ARTIST_NAME},
)
SPOTIFY_TOP_ARTISTS = _spotify_top(
    "artists",
    {
        "spotify_artist_id": text("Spotify id"),
        "artist_name": ARTIST_NAME,
        "genres": Column(TEXTS, "as Spotify says"),
    },
)
