"""ListenBrainz: JSON lines, one array in older exports, lines of its public dumps, pages of its API."""

import re

from assets.listening.readers.columns import LONGEST_MS
from assets.listening.readers.listens import (
    NO_PLAY,
    Listen,
    ListenFormat,
    epoch,
    first_text,
    milliseconds,
    nested,
    number,
    seconds_ms,
    text,
)
from assets.listening.readers.scan import Record

_TRACK = re.compile(r"(?:spotify:track:|open\.spotify\.com/(?:intl-[a-z]+/)?track/)([0-9A-Za-z]{22})")

_WRAPPER = (
    rb'\{\s*(?="payload"\s*:)|"payload"\s*:\s*\{|"listens"\s*:'
    rb'|"(?:count|latest_listen_ts|oldest_listen_ts|user_id|playing_now)"\s*:\s*(?:"[^"]*"|[\w.-]+)'
)


def _track_uri(value: object) -> str | None:
    match = _TRACK.search(text(value) or "")
    return f"spotify:track:{match[1]}" if match else None


def _ms_played(value: object) -> int | None:
    """What ListenBrainz' importer of Spotify's history tells; 0 is a value."""
    found = number(value)
    return None if found is None or not 0 <= found <= LONGEST_MS else round(found)


def _is_stop(info: Record, client: str) -> bool:
    """Whether ``listened_at`` is when it stopped: so with what came from Spotify by an importer."""
    came_from_spotify = "spotify" in (text(info.get("music_service")) or "")
    return came_from_spotify and (client == "listenbrainz" or "importer" in client or "spotify" in client)


def _listen(record: Record) -> Listen:
    track = nested(record.get("track_metadata"))
    info, mapping = nested(track.get("additional_info")), nested(track.get("mbid_mapping"))
    clock_s, problem = epoch(record.get("listened_at", record.get("timestamp")))
    client = text(info.get("submission_client"))
    names = [track.get(name) for name in ("track_name", "artist_name", "release_name")]
    return Listen(
        clock_s,
        problem,
        text(names[0]),
        text(names[1]),
        text(names[2]),
        is_stop=_is_stop(info, (client or "").lower()),
        is_mistyped=not track or any(isinstance(name, dict | list) for name in names),
        ms_played=_ms_played(info["ms_played"])
        if "ms_played" in info
        else seconds_ms(info.get("duration_played")),
        duration_ms=milliseconds(info.get("duration_ms")) or seconds_ms(info.get("duration")),
        track_uri=_track_uri(info.get("spotify_id")) or _track_uri(info.get("origin_url")),
        isrc=first_text(info.get("isrc")),
        recording_mbid=text(info.get("recording_mbid")) or text(mapping.get("recording_mbid")),
        client=client,
    )


def _feedback(record: Record) -> Listen:
    """A loved recording; one that is hated, or no longer loved, is none."""
    track, mapping = nested(record.get("track_metadata")), nested(record.get("mbid_mapping"))
    clock_s, problem = epoch(record.get("created"))
    return Listen(
        clock_s,
        problem if number(record.get("score")) == 1 else NO_PLAY,
        text(track.get("track_name")),
        text(track.get("artist_name")),
        text(track.get("release_name")),
        recording_mbid=text(record.get("recording_mbid")) or text(mapping.get("recording_mbid")),
    )


LISTENBRAINZ = ListenFormat(
    name="listenbrainz",
    key="track_metadata",
    noise=re.compile(rb"(?:[\s,\[\]}]|" + _WRAPPER + rb")*"),
    is_record=lambda record: (
        "track_metadata" in record and ("listened_at" in record or "timestamp" in record)
    ),
    listen=_listen,
)
FEEDBACK = ListenFormat(
    name="listenbrainz",
    key="score",
    noise=re.compile(
        rb'(?:[\s,\[\]}]|\{\s*(?="(?:feedback|count|offset|total_count)"\s*:)|"feedback"\s*:'
        rb'|"(?:count|offset|total_count)"\s*:\s*\d+)*'
    ),
    is_record=lambda record: {"score", "created"} <= record.keys(),
    listen=_feedback,
)
"""What was loved and hated: its lines in an export, or an answer of the API."""
