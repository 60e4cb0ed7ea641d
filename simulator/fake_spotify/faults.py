"""Scripted faults: each strikes the next questions it fits, in the order they were scripted."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from simulator.fake_spotify.answers import (
    Answer,
    Question,
    api_error,
    json_answer,
    oauth_error,
    plain_answer,
    text_answer,
    too_many,
)

KINDS = (
    *("429", "quota", "500", "502", "503", "slow", "drop"),
    *("invalid_grant", "invalid_client", "401", "premium", "403"),
    *("not_json", "half", "no_items", "strange_items", "thin_items"),
)
_OUTAGES = {"500": "Internal server error", "502": "Bad gateway", "503": "Service unavailable"}


_OAUTH = {"invalid_grant": "Refresh token revoked", "invalid_client": "Invalid client"}
_REFUSALS = {"401": "The access token expired", "403": "Forbidden"}
NO_PREMIUM = (
    "Active premium subscription required for the owner of the app. When the subscription status changes, "
    "it can take a few hours before requests are allowed again."
)


@dataclass
class Fault:
    """What goes wrong, how often, and for which paths (a part of them) and whose calls (None: everyone's)."""

    kind: str
    times: int = 1
    path: str = ""
    spotify_id: str | None = None
    details: dict[str, object] = field(default_factory=dict)

    def fits(self, question: Question, caller: str | None) -> bool:
        """Whether it strikes this question."""
        is_whose = self.spotify_id is None or self.spotify_id == caller
        return self.times > 0 and is_whose and self.path in question.path

    def instead(self) -> Answer | None:
        """The answer of a fault that keeps the question from being handled at all."""
        if self.kind in ("429", "quota"):
            default = 30 if self.kind == "429" else 85_771
            return too_many(self.details.get("retry_after", default), is_quota=self.kind == "quota")
        if self.kind in _OUTAGES:
            return api_error(int(self.kind), _OUTAGES[self.kind])
        return self._refusal()

    def _refusal(self) -> Answer | None:
        """An answer that refuses for a while what is right: of the accounts service, or of the API."""
        if self.kind in _OAUTH:
            return oauth_error(self.kind, str(self.details.get("description", _OAUTH[self.kind])))
        if self.kind == "premium":
            return plain_answer(403, str(self.details.get("text", NO_PREMIUM)))
        if self.kind in _REFUSALS:
            return api_error(int(self.kind), str(self.details.get("message", _REFUSALS[self.kind])))
        return None

    def spoiled(self, answer: Answer) -> Answer:
        """The right answer after the fault has been at it."""
        spoil = _SPOILERS.get(self.kind)
        return spoil(answer, self.details) if spoil and answer.status == 200 else answer


class Faults:
    """The script."""

    def __init__(self) -> None:
        self._script: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """At the end of the script; raises ``ValueError`` for a kind there is not."""
        if fault.kind not in KINDS:
            raise ValueError(f"no fault {fault.kind!r}: there are {', '.join(KINDS)}")
        self._script.append(fault)

    def take(self, question: Question, caller: str | None) -> Fault | None:
        """The first fault that fits, one strike less."""
        for fault in self._script:
            if fault.fits(question, caller):
                fault.times -= 1
                return fault
        return None

    @property
    def left(self) -> int:
        """Strikes that are still to come."""
        return sum(fault.times for fault in self._script)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._script.clear()


def _not_json(_answer: Answer, _details: dict[str, object]) -> Answer:
    return text_answer(200, "<html><body><h1>We will be back soon</h1></body></html>")


def _half(answer: Answer, details: dict[str, object]) -> Answer:
    """Half of the body: as if whole, or with ``cut_off=True`` by a connection that ends in the middle."""
    if details.get("cut_off"):
        return replace(answer, is_cut_off=True)
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _no_items(answer: Answer, _details: dict[str, object]) -> Answer:
    content = json.loads(answer.body)
    content.pop("items", None)
    return json_answer(content, answer.status, answer.headers)


def _strange_items(answer: Answer, _details: dict[str, object]) -> Answer:
    """Every right item is there, among items that tell of no play; other objects hold wrong types only."""
    content = json.loads(answer.body)
    if "items" not in content:
        return json_answer({key: [None, 7] for key in content}, answer.status, answer.headers)
    items = content["items"]
    good = items[0] if items else {}
    for place, strange in enumerate(strange_items(good)):
        items.insert(2 * place, strange)
    return json_answer(content, answer.status, answer.headers)


def strange_items(good: dict[str, object]) -> list[object]:
    """Items that tell of no music play: null, no track, no time, wrong types, an episode."""
    episode = {"id": "4" * 22, "name": "#1: Rain", "type": "episode", "uri": f"spotify:episode:{'4' * 22}"}
    time = good.get("played_at", "2024-01-01T00:00:00.000Z")
    track = good.get("track", {})
    return [
        None,
        {},
        {"track": None, "played_at": time, "context": None},
        {"track": track, "context": None},
        {"track": track, "played_at": None, "context": None},
        {"track": track, "played_at": "yesterday", "context": None},
        {"track": track, "played_at": 1_700_000_000_000, "context": None},
        {"track": {"id": 7, "name": ["?"], "artists": "?", "album": 3, "type": "track"}, "played_at": time},
        {"track": "spotify:track:?", "played_at": time},
        {"track": episode, "played_at": time, "context": None},
        "item",
        42,
    ]


def _thin_items(answer: Answer, _details: dict[str, object]) -> Answer:
    """Every track loses what a play can do without: album, length, recording code."""
    content = json.loads(answer.body)
    for item in content.get("items", []):
        track = item.get("track", item)
        for name in ("external_ids", "duration_ms"):
            track.pop(name, None)
        track["album"] = None
    return json_answer(content, answer.status, answer.headers)


_SPOILERS: dict[str, Callable[[Answer, dict[str, object]], Answer]] = {
    "not_json": _not_json,
    "half": _half,
    "no_items": _no_items,
    "strange_items": _strange_items,
    "thin_items": _thin_items,
}
