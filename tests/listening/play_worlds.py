"""Adversarial worlds for properties: few listeners, songs and clocks, so that rows collide all the time."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from play_rows import OTHER_SONG, SONG, Row, account, after, extended, listen, stopped

EDGE = datetime(2024, 2, 1, tzinfo=UTC)
"""The worlds lie around the end of a month."""

NAMES: tuple[Row, ...] = (
    {},
    {"track_name": "SONG "},
    {"track_name": "Song\u00a0", "artist_name": "artist"},
    {"track_name": "Song - Remastered 2011"},
    {"track_name": "Song (Live)"},
    {"artist_name": "The Artists", "track_name": "Sonng"},
    {"track_name": "Something else"},
)
TRACKS: tuple[Row, ...] = (
    {"track_uri": SONG},
    {"track_uri": OTHER_SONG},
    {"track_uri": OTHER_SONG, "track_name": "Other"},
    {"track_uri": SONG, "track_name": None, "artist_name": None},
    {"track_uri": None},
)
USERS = st.sampled_from(("user", "user", "other"))
COUNTRIES = st.sampled_from((None, "GB", "DE"))
LENGTHS_MS = st.sampled_from((0, 0, 900, 1_000, 2_000, 29_750, 30_000, 60_000, 60_900, 200_000))
SECONDS = st.sampled_from(
    (
        -61,
        -60,
        -32,
        -31,
        -30,
        -29,
        -3,
        -2,
        -1,
        0,
        1,
        2,
        3,
        4,
        5,
        29,
        30,
        31,
        59,
        60,
        61,
        100,
        119,
        120,
        121,
        200,
        240,
    )
)
LAGS_S = st.sampled_from((-5, -1, 0, 1, 30, 200, 201, 20 * 3600 - 1_000))


@st.composite
def extended_rows(draw: st.DrawFn) -> Row:
    """Stops in whole seconds; the start in ms, at most 20 hours earlier, or unknown."""
    stop = after(draw(SECONDS), EDGE)
    row = extended(stop, draw(LENGTHS_MS), user_id=draw(USERS), country=draw(COUNTRIES))
    if draw(st.booleans()):
        start = stop - timedelta(seconds=draw(LAGS_S), milliseconds=draw(st.sampled_from((0, 1, 999))))
        row["offline_timestamp"] = round(start.timestamp() * 1000)
    elif draw(st.booleans()):
        row["offline_timestamp"] = draw(st.sampled_from((0, 1, 1_222_819_199, 2_000_000_000)))
    return row | draw(st.sampled_from(TRACKS))


@st.composite
def account_rows(draw: st.DrawFn) -> Row:
    row = account(after(draw(SECONDS), EDGE), draw(LENGTHS_MS), user_id=draw(USERS))
    row["file"] = draw(st.sampled_from(("account_0", "account_1")))
    return row | draw(st.sampled_from(NAMES))


@st.composite
def listens(draw: st.DrawFn) -> Row:
    """Services: a start, sometimes with an id or a length; or a stop."""
    source = draw(st.sampled_from(("listenbrainz", "lastfm", "maloja", "spotify_api")))
    moment = after(draw(SECONDS), EDGE) + timedelta(microseconds=draw(st.sampled_from((0, 0, 300, 600))))
    changes: Row = {"user_id": draw(USERS), "isrc": draw(st.sampled_from((None, "GB1")))} | draw(
        st.sampled_from(NAMES)
    )
    if source == "spotify_api" or (source == "listenbrainz" and draw(st.booleans())):
        changes["duration_ms"] = draw(st.sampled_from((None, 60_000, 200_000)))
        if source == "listenbrainz":
            changes["ms_played"] = draw(st.none() | LENGTHS_MS)
        return stopped(source, moment, **changes) | draw(st.sampled_from(TRACKS))
    if source == "maloja":
        changes["ms_played"] = draw(LENGTHS_MS)
    return listen(source, moment, **changes)


ANY_ROW = st.one_of(extended_rows(), extended_rows(), account_rows(), listens())


def worlds(rows: st.SearchStrategy[Row] = ANY_ROW, most: int = 18) -> st.SearchStrategy[list[Row]]:
    """Rows, some of them told twice."""
    return st.lists(rows, min_size=1, max_size=most).flatmap(
        lambda world: st.lists(st.sampled_from(world), max_size=4).map(lambda again: world + again)
    )
