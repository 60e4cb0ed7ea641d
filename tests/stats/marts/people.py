"""A world made by hand: every listener shows one thing."""

from datetime import timedelta
from itertools import chain

from marts.world import MINUTE, Row, World, at, play, track

TRACKS = [
    track("t1", "Nines", "Crop Circle"),
    track("t2", "Nines", "Crop Circle"),
    track("t3", "Ada", "Blurred"),
    track("t4", "Zoe", "Last"),
    track("short", "Ada", "Blurred", duration_ms=20_000),
    track("unknown", None, duration_ms=None, track_name=None),
    track("mute 1", "Heard Often", "Quiet", duration_ms=None),
    track("mute 2", "Heard Often", "Quiet", duration_ms=None),
    track("mute talk", "Silent Talk", kind="podcast", duration_ms=None),
    track("nobody", "Unknown Artist", track_name="Unknown Track", artist_id=None),
    track("e1", "Daily Talk", kind="podcast"),
    track("e2", "Daily Talk", kind="podcast"),
    track("e3", None, kind="podcast"),
    track("e4", "Deep Sea", kind="podcast"),
    track("c1", None, "Moby Dick", kind="audiobook", album_id=None),
    track("c2", None, "Moby Dick", kind="audiobook", album_id=None),
]
LISTENERS = [
    {"user_id": user, "time_zone": zone, "is_time_zone_guessed": False}
    for user, zone in {
        "berta": "Europe/Berlin",
        "chad": "America/Chicago",
        "streaky": "Europe/Berlin",
        "yves": "Europe/Berlin",
        "nemo": "Atlantis/Nowhere",
    }.items()
]
COUNTRIES = [{"country": "DE", "time_zone": "Europe/Berlin"}, {"country": "JP", "time_zone": "Asia/Tokyo"}]


def _clocks() -> list[Row]:
    """Either side of the change to and from summer time, in two zones, and away from home."""
    berta: dict[str, tuple[str, str | None]] = {
        "b1": ("2024-03-31 00:59", "DE"),
        "b2": ("2024-03-31 01:00", "DE"),
        "b3": ("2024-10-27 00:30", None),
        "b4": ("2024-10-27 01:30", "US"),
        "b5": ("2024-12-31 16:00", "JP"),
        "b6": ("2024-12-31 23:30", "DE"),
    }
    chad: dict[str, tuple[str, str | None]] = {
        "c1": ("2024-03-10 07:59", "US"),
        "c2": ("2024-03-10 08:00", "US"),
        "c3": ("2024-07-01 04:59", None),
    }
    people: dict[str, dict[str, tuple[str, str | None]]] = {
        "berta": berta,
        "chad": chad,
        "nemo": {"n1": ("2024-07-01 12:00", "US")},
        "ghost": {"g1": ("2024-07-01 12:00", None)},
    }
    return [
        play(play_id, started, user_id=user, country=country)
        for user, plays in people.items()
        for play_id, (started, country) in plays.items()
    ]


def _lengths() -> list[Row]:
    """Every way to count and not to count, and lengths nobody tells."""
    noon = at("2024-05-01 12:00")
    plays: dict[str, Row] = {
        "at_threshold": {"ms": 30_000},
        "below": {"ms": 29_999},
        "below_to_the_end": {"ms": 29_999, "reason_end": "trackdone"},
        "short_to_the_end": {"ms": 15_000, "track_id": "short", "reason_end": "trackdone"},
        "short_nearly": {"ms": 19_000, "track_id": "short", "reason_end": "fwdbtn"},
        "short_partly": {"ms": 18_999, "track_id": "short", "reason_end": "fwdbtn"},
        "short_nothing": {"ms": 0, "track_id": "short", "reason_end": "trackdone"},
        "unmeasured": {"ms": None, "source": "lastfm"},
        "unmeasured_unknown": {"ms": None, "source": "lastfm", "track_id": "unknown"},
        "measured_unknown": {"ms": 10_000, "track_id": "unknown"},
    }
    return [
        play(name, noon + timedelta(hours=hour), user_id="len", **{"ms": 0, **more})
        for hour, (name, more) in enumerate(plays.items())
    ]


def _sitting() -> list[Row]:
    """Gaps of exactly 20 minutes and of a millisecond more; a late stop; a play within another."""
    return [
        play("s1", "2024-05-01 10:00", user_id="sit", track_id="t1"),
        play("s2", "2024-05-01 10:23", user_id="sit", track_id="t3"),
        play("s3", at("2024-05-01 10:46") + timedelta(milliseconds=1), user_id="sit", track_id="t3"),
        play("s4", "2024-05-01 12:00", user_id="sit", track_id="t4", ended_at=at("2024-05-01 20:00")),
        play("s5", "2024-05-01 13:00", 60 * MINUTE, user_id="sit", track_id="e1", kind="podcast"),
        play("s6", "2024-05-01 13:05", user_id="sit", track_id="t1"),
        play("s7", "2024-05-01 14:10", None, user_id="sit", track_id="t2"),
        play("s8", "2024-05-01 14:33", user_id="sit", track_id="t1"),
    ]


def _streak() -> list[Row]:
    """Local days around the spring change and a new year; a day of skips only breaks the run."""
    spring = [f"2024-03-{day} 22:30" for day in (29, 30)] + ["2024-03-31 21:30", "2024-03-31 22:30"]
    winter = ["2024-12-30 12:00", "2024-12-31 12:00", "2025-01-01 12:00"]
    counted = [play(f"k{n}", day, user_id="streaky") for n, day in enumerate(spring + winter)]
    return [*counted, play("k_skip", "2025-01-02 12:00", 1_000, user_id="streaky")]


def _private() -> list[Row]:
    return [
        play("p1", "2024-05-01 10:00", user_id="priv", is_incognito=False),
        play("p2", "2024-05-01 10:03", user_id="priv", is_incognito=True),
        play("p3", "2024-05-01 10:06", user_id="priv", is_incognito=None),
    ]


def _year() -> list[Row]:
    """A year with a tie for its top track, a re-release, skips told and untold, and other kinds."""
    music = [
        play(
            "y1", "2023-12-31 23:30", user_id="yves", track_id="t1", is_skipped=False, reason_start="clickrow"
        ),
        play(
            "y2",
            "2024-02-01 08:00",
            user_id="yves",
            track_id="t2",
            is_skipped=False,
            reason_start="trackdone",
        ),
        play(
            "y3",
            "2024-02-02 08:00",
            user_id="yves",
            track_id="t3",
            is_skipped=False,
            reason_start="trackdone",
        ),
        play(
            "y4",
            "2024-02-03 08:00",
            user_id="yves",
            track_id="name:t3",
            is_skipped=True,
            reason_start="fwdbtn",
        ),
        play("y5", "2024-08-03 19:00", 4 * MINUTE, user_id="yves", track_id="t4", is_skipped=None),
        play("y6", "2024-08-04 19:00", 2 * MINUTE, user_id="yves", track_id="t4", is_skipped=None),
        play(
            "y7", "2024-11-05 08:10", 5_000, user_id="yves", track_id="t2", is_skipped=True, reason_start=""
        ),
        play(
            "y8", "2024-12-31 23:30", user_id="yves", track_id="t3", is_skipped=False, reason_start="clickrow"
        ),
    ]
    spoken = [
        play("y9", "2024-06-01 10:00", 30 * MINUTE, user_id="yves", track_id="e1", kind="podcast"),
        play("y10", "2024-06-02 10:00", 10_000, user_id="yves", track_id="e1", kind="podcast"),
        play("y11", "2024-06-03 10:00", 30 * MINUTE, user_id="yves", track_id="e2", kind="podcast"),
        play("y12", "2024-06-04 10:00", 1 * MINUTE, user_id="yves", track_id="e3", kind="podcast"),
        play("y13", "2024-06-05 10:00", 60 * MINUTE, user_id="yves", track_id="c1", kind="audiobook"),
        play("y14", "2024-06-06 10:00", 60 * MINUTE, user_id="yves", track_id="c2", kind="audiobook"),
    ]
    return music + spoken


def _discoverer() -> list[Row]:
    """Ada came back on three later days, Zoe on two; the first, skipped play of Zoe is no discovery."""
    ada = [play(f"d{n}", f"2024-05-0{n} 12:00", user_id="disco", track_id="t3") for n in (1, 2, 4, 5)]
    zoe = [play(f"z{n}", f"2024-05-0{n} 13:00", user_id="disco", track_id="t4") for n in (2, 3, 4)]
    return [*ada, *zoe, play("z1", "2024-05-01 13:00", 2_000, user_id="disco", track_id="t4")]


def _podcasts() -> list[Row]:
    """Two shows, a placeholder for an artist, and a song that was only skipped."""
    plays = {"pod1": ("e1", "podcast"), "pod2": ("e2", "podcast"), "pod3": ("e4", "podcast")}
    plays |= {"pod4": ("nobody", "music"), "pod5": ("t1", "music")}
    return [
        play(name, f"2024-05-0{n} 10:00", 20 * MINUTE, user_id="pod", track_id=ident, kind=kind)
        for n, (name, (ident, kind)) in enumerate(plays.items(), start=1)
    ]


def _of_unknown_length() -> list[Row]:
    """Nobody knows how long mona's plays were; of pat's, one in four has a length."""
    often = [
        play(f"mute {user} {n}", f"2024-05-0{n} 12:00", None, user_id=user, track_id=f"mute {1 + n // 3}")
        for user in ("mona", "pat")
        for n in (1, 2, 3)
    ]
    talk = play("mute talk", "2024-05-04 12:00", None, user_id="mona", track_id="mute talk", kind="podcast")
    return [*often, talk, play("pat t3", "2024-05-05 13:00", None, user_id="pat", track_id="t3")]


def people() -> World:
    """All of them."""
    makers = (
        _clocks,
        _lengths,
        _sitting,
        _streak,
        _private,
        _year,
        _discoverer,
        _podcasts,
        _of_unknown_length,
    )
    return {
        "plays": list(chain.from_iterable(make() for make in makers)),
        "tracks": TRACKS,
        "listeners": LISTENERS,
        "country_time_zones": COUNTRIES,
        "track_aliases": [{"alias_id": "name:t3", "track_id": "t3"}],
    }
