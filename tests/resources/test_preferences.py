from datetime import UTC, datetime, timedelta

import pytest

from resources.operational import Operational
from resources.preferences import InvalidPreferenceError, Preferences

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def preferences(operational: Operational) -> Preferences:
    operational.ensure_user("ana", NOW)
    return Preferences(operational.engine)


def test_a_preference_told_again_is_the_last_one_told(preferences: Preferences) -> None:
    preferences.prefer("ana", "genre", " shoegaze ", 0.9, NOW)
    preferences.prefer("ana", "mood", "calm", 1, NOW)
    preferences.prefer("ana", "genre", "shoegaze", 0.2, NOW + timedelta(days=1))
    assert preferences.list() == [
        {
            "user_id": "ana",
            "kind": kind,
            "name": name,
            "weight_millionths": weight,
            "told_at": told_at,
        }
        for kind, name, weight, told_at in [
            ("genre", "shoegaze", 200_000, NOW + timedelta(days=1)),
            ("mood", "calm", 1_000_000, NOW),
        ]
    ]


def test_a_genre_and_a_mood_are_the_same_in_capitals_and_an_id_is_not(preferences: Preferences) -> None:
    for kind, name in (("genre", "Indie Rock"), ("genre", "indie rock"), ("mood", "CALM"), ("artist", "aB")):
        preferences.prefer("ana", kind, name, 0.9, NOW)
    kept = [(row["kind"], row["name"]) for row in preferences.list()]
    assert kept == [("artist", "aB"), ("genre", "indie rock"), ("mood", "calm")]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (("ana", "album", "Nowhere", 0.5), "use one of genre, artist, mood"),
        (("ana", "genre", "  ", 0.5), "1 to 200 printable characters"),
        (("ana", "genre", "x" * 201, 0.5), "1 to 200 printable characters"),
        (("ana", "genre", "a\0b", 0.5), "1 to 200 printable characters"),
        (("ana", "genre", "shoegaze", 7), "from 0 to 1, not 7"),
        (("ana", "genre", "shoegaze", float("nan")), "from 0 to 1, not nan"),
        (("nobody", "genre", "shoegaze", 0.5), "Nobody knows the listener nobody"),
    ],
)
def test_what_cannot_be_preferred_is_refused_with_the_reason(
    preferences: Preferences, told: tuple[str, str, str, float], says: str
) -> None:
    with pytest.raises(InvalidPreferenceError, match=says):
        preferences.prefer(*told, NOW)
    assert preferences.list() == []
