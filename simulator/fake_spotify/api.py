"""The Web API of late 2026, as far as a listener's history needs it."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from simulator.fake_spotify.answers import Answer, Question, RefusedError, api_error, json_answer, text_answer
from simulator.fake_spotify.catalogue import SpotifyCatalogue
from simulator.fake_spotify.grants import Grant
from simulator.fake_spotify.history import TERMS, WINDOW, History
from simulator.fake_spotify.items import Json, ShownPlay, artist_object, track_object

Ranked = Callable[[str, str], list[Json]]
_MOST_RANKED = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMOVED = re.compile(
    r"/v1/(tracks|artists|albums|audio-features|audio-analysis|recommendations|artists/\w+/related-artists"
    r"|artists/\w+/top-tracks|audio-(features|analysis)/\w+)"
)
_ITEM = re.compile(r"/v1/(tracks|artists|albums)/([^/]+)")
_TOP = re.compile(r"/v1/me/top/(tracks|artists)")


def _epoch_ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _whole(query: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    """A number from the query; raises ``RefusedError`` (400) outside its bounds."""
    text = query.get(name, str(default))
    if not re.fullmatch(r"-?\d{1,18}", text) or not least <= int(text) <= most:
        raise RefusedError(api_error(400, f"Invalid {name}"))
    return int(text)


def _need(grant: Grant, scope: str) -> None:
    if scope not in grant.scopes:
        raise RefusedError(api_error(403, "Insufficient client scope"))


def _ranked(history: History, now: datetime, kind: str, term: str) -> list[Json]:
    if kind == "tracks":
        return [track_object(track) for track in history.top_tracks(now, term)[:_MOST_RANKED]]
    return [artist_object(artist) for artist in history.top_artists(now, term)[:_MOST_RANKED]]


class WebApi:
    """Answers for every account; ``url`` is its own address, with /v1/ at the end."""

    def __init__(self, url: str, catalogue: SpotifyCatalogue) -> None:
        self.url = url
        self._catalogue = catalogue

    def answer(self, question: Question, grant: Grant, history: History, now: datetime) -> Answer:
        """The answer to a question that may be asked; raises ``RefusedError``."""
        if question.method != "GET":
            return api_error(405, "Method not allowed")
        path = question.path.rstrip("/")
        if path == "/v1/me":
            return self._me(grant)
        if path == "/v1/me/player/recently-played":
            return self._recently_played(question, grant, history, now)
        if top := _TOP.fullmatch(path):
            return self._top(top[1], question, grant, partial(_ranked, history, now))
        return self._item(path)

    def _me(self, grant: Grant) -> Answer:
        ident = grant.spotify_id
        return json_answer(
            {
                "display_name": ident,
                "external_urls": {"spotify": f"https://open.spotify.com/user/{ident}"},
                "href": f"https://api.spotify.com/v1/users/{ident}",
                "id": ident,
                "images": [],
                "type": "user",
                "uri": f"spotify:user:{ident}",
            }
        )

    def _recently_played(self, question: Question, grant: Grant, history: History, now: datetime) -> Answer:
        _need(grant, "user-read-recently-played")
        query = question.query
        limit = _whole(query, "limit", 20, 1, WINDOW)
        if "before" in query and "after" in query:
            raise RefusedError(api_error(400, "Only one of before and after can be given"))
        plays = history.window(now)
        if "before" in query:
            before = _whole(query, "before", 0, 0, 10**18)
            plays = [play for play in plays if _epoch_ms(play.played_at) < before]
        if "after" in query:
            after = _whole(query, "after", 0, 0, 10**18)
            plays = [play for play in plays if _epoch_ms(play.played_at) > after]
        return Answer(200, self._page(plays[:limit], limit, question.query_text))

    def _page(self, plays: list[ShownPlay], limit: int, query_text: str) -> bytes:
        """A page of plays; put together from what is known of each track, for speed."""
        href = f"{self.url}me/player/recently-played"
        cursors, following = None, None
        if plays:
            newest, oldest = (str(_epoch_ms(play.played_at)) for play in (plays[0], plays[-1]))
            cursors = {"after": newest, "before": oldest}
        if cursors and len(plays) == limit:
            following = f"{href}?{urlencode({'before': cursors['before'], 'limit': limit})}"
        own = f"{href}?{query_text}" if query_text else href
        rest = json.dumps({"next": following, "cursors": cursors, "limit": limit, "href": own})
        return b'{"items": [' + b",".join(map(self._play, plays)) + b"], " + rest[1:].encode()

    def _play(self, play: ShownPlay) -> bytes:
        time = play.played_at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6].encode()
        return b'{"track":%b,"played_at":"%bZ","context":null}' % (
            self._catalogue.track_json(play.track),
            time,
        )

    def _top(self, kind: str, question: Question, grant: Grant, ranked: Ranked) -> Answer:
        _need(grant, "user-top-read")
        query = question.query
        limit, offset = _whole(query, "limit", 20, 1, 50), _whole(query, "offset", 0, 0, 10**6)
        term = query.get("time_range", "medium_term")
        if term not in TERMS:
            raise RefusedError(api_error(400, "Invalid time range"))
        items = ranked(kind, term)
        rest = {"total": len(items), "limit": limit, "offset": offset}
        url = f"{self.url}me/top/{kind}?{urlencode({'time_range': term, 'limit': limit})}&offset="
        steps = {
            "href": f"{url}{offset}",
            "next": f"{url}{offset + limit}" if offset + limit < len(items) else None,
            "previous": f"{url}{max(offset - limit, 0)}" if offset else None,
        }
        return json_answer({"items": items[offset : offset + limit]} | rest | steps)

    def _item(self, path: str) -> Answer:
        if _REMOVED.fullmatch(path):
            return api_error(403, "Forbidden")
        asked = _ITEM.fullmatch(path)
        if asked is None:
            return text_answer(404, "Not found")
        if not re.fullmatch(r"[0-9A-Za-z]{22}", asked[2]):
            return api_error(400, "Invalid base62 id")
        found = self._catalogue.item(asked[1], asked[2])
        return json_answer(found) if found else api_error(404, "Resource not found")
