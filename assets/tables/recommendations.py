"""What listeners say of tracks, and what that makes of their tastes."""

import polars as pl

from assets.tables.table import MONTH, TEXTS, TRACK_ID, USER, Column, Table, integer, moment, text

FEEDBACK_EVENTS = Table(
    name="feedback_events",
    group="recommendations",
    layer="raw",
    description="What listeners said of tracks, copied from the event log. Append-only.",
    key=("event_id",),
    is_monthly=True,
    sort_by=("event_id",),
    columns={
        "event_id": integer("its number in the event log"),
        "happened_at": moment("when the listener said it"),
        "recorded_at": moment("when it was written to the log"),
        "month": text('UTC month of happened_at, "2024-05"'),
        "user_id": USER,
        "type": text("play, skip, like, dislike, favorite or rate"),
        "track_id": text("the track, which the catalogue need not know"),
        "rating": Column(pl.Float64(), "0 to 1, of type rate only"),
    },
)

_KIND = text("genre, artist or mood")
_NAME = text("the genre, artist_id or mood")
_STEPS = integer("feedback counted: completed plays, skips and what was said")
_LAST = moment("the last feedback counted")

PROFILE_MONTHS = Table(
    name="profile_months",
    group="recommendations",
    description="What a month's feedback does to each weight: it becomes min(high, max(low, weight + add)).",
    key=("month", "user_id", "kind", "name"),
    is_monthly=True,
    sort_by=("user_id", "kind", "name"),
    columns={
        "month": MONTH,
        "user_id": USER,
        "kind": _KIND,
        "name": _NAME,
        "add": integer("what is added, in millionths"),
        "low": integer("no less remains, in millionths"),
        "high": integer("no more remains, in millionths"),
        "steps": _STEPS,
        "last_at": _LAST,
    },
)

TRACK_TRAITS = Table(
    name="track_traits",
    group="recommendations",
    description="Whom and what feedback on a track speaks for, as the months of profiles count it now.",
    key=("track_id",),
    sort_by=("track_id",),
    columns={
        "track_id": TRACK_ID,
        "artist_id": text('"name:" and 16 hex digits of the normalised artist'),
        "genres": Column(TEXTS, "its genres, in the catalogue's order"),
        "mood": text("its mood; null when unknown"),
    },
)

LISTENER_PROFILES = Table(
    name="listener_profiles",
    group="recommendations",
    description="How much each listener likes genres, artists and moods: what they played, skipped and said.",
    key=("user_id", "kind", "name"),
    sort_by=("user_id", "kind", "name"),
    columns={
        "user_id": USER,
        "kind": _KIND,
        "name": _NAME,
        "label": text("the name to show: that of the artist, else the same as name"),
        "weight": Column(pl.Float64(), "0 to 1; starts at the listener's preference, else at 0.5"),
        "weight_millionths": integer("the same, exactly"),
        "steps": _STEPS,
        "last_at": _LAST,
    },
)
