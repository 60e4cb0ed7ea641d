"""A fake Spotify: a real HTTP server on loopback, scripted, with a clock of its own.

It knows what FORMATS say of the real one in late 2026 and nothing kinder: 50 plays, late devices, no
batch look-ups, quotas, refresh tokens that die six months after the login.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Self

from simulator.fake_spotify.answers import Answer, Call, Question, RefusedError, api_error, text_answer
from simulator.fake_spotify.api import WebApi
from simulator.fake_spotify.catalogue import SpotifyCatalogue
from simulator.fake_spotify.faults import Fault, Faults
from simulator.fake_spotify.grants import FakeTokens, Grants
from simulator.fake_spotify.history import History
from simulator.fake_spotify.http import FakeServer
from simulator.fake_spotify.items import ShownPlay, Track, TruePlay
from simulator.fake_spotify.limits import Limits
from simulator.fake_spotify.listeners import LinkedListener, accounts_of
from simulator.fake_spotify.oauth import authorize, token
from simulator.fake_spotify.shown import shown

__all__ = [
    "ALL_SCOPES",
    "Call",
    "FakeAccount",
    "FakeSpotify",
    "FakeTokens",
    "LinkedListener",
    "ShownPlay",
    "Track",
    "TruePlay",
    "accounts_of",
    "shown",
]

ALL_SCOPES = ("user-read-recently-played", "user-top-read")


class FakeAccount:
    """One person at the fake Spotify; ``is_registered`` False: not among the app's five users, 403."""

    def __init__(self, service: "FakeSpotify", spotify_id: str, plays: Iterable[ShownPlay]) -> None:
        self.spotify_id = spotify_id
        self.is_registered = True
        self.history = History([])
        self._service = service
        self.show(plays)

    def authorize(self, scopes: Sequence[str] = ALL_SCOPES) -> FakeTokens:
        """Tokens as a login would give them now."""
        with self._service.lock:
            return self._service.grants.authorize(self.spotify_id, tuple(scopes), self._service.clock())

    def revoke(self) -> None:
        """The person takes the authorization back: 401, and invalid_grant when refreshing."""
        with self._service.lock:
            self._service.grants.revoke(self.spotify_id)

    def expire_access(self) -> None:
        """Access tokens stop before their hour is over; refreshing works."""
        with self._service.lock:
            self._service.grants.expire_access(self.spotify_id)

    def show(self, plays: Iterable[ShownPlay]) -> None:
        """More plays, each visible from its own time on."""
        added = list(plays)
        with self._service.lock:
            self._service.catalogue.add(play.track for play in added)
            self.history.add(added)

    def visible(self, now: datetime) -> list[ShownPlay]:
        """All plays that are visible at ``now``, by played_at, in the window or not."""
        with self._service.lock:
            return list(self.history.visible(now))

    def window(self, now: datetime) -> list[ShownPlay]:
        """The up to 50 plays that recently-played tells of at ``now``, the newest first."""
        with self._service.lock:
            return self.history.window(now)


class FakeSpotify:
    """Use as a context manager; leaving it raises what went wrong inside the fake itself, if anything did.

    Args:
        clock: the time all of it lives in; may be set back.
        calls_a_day: API calls in any 24 h before a 429 with QUOTA_EXCEEDED; None: any number.
        calls_in_30_s: API calls in any 30 s before a 429; None: any number.
        rotates: refreshing replaces the refresh token, and the old one dies at once.
        seed: draws codes and tokens.
    """

    def __init__(  # noqa: PLR0913
        self,
        clock: Callable[[], datetime],
        *,
        calls_a_day: int | None = None,
        calls_in_30_s: int | None = None,
        client_id: str = "fake-client",
        rotates: bool = False,
        seed: int = 0,
    ) -> None:
        self.clock = clock
        self.client_id = client_id
        self.calls: list[Call] = []
        self.lock = threading.RLock()
        self.limits = Limits(calls_a_day, calls_in_30_s)
        self.grants = Grants(seed, rotates=rotates)
        self.catalogue = SpotifyCatalogue()
        self.faults = Faults()
        self._accounts: dict[str, FakeAccount] = {}
        self._login: str | None = None
        self._is_over = threading.Event()
        self._server = FakeServer(self._reply, clock)
        self.accounts_url = f"http://127.0.0.1:{self._server.server_port}"
        self.api_url = f"{self.accounts_url}/v1/"
        self._api = WebApi(self.api_url, self.catalogue)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._server.stop()
        if self._server.errors:
            raise self._server.errors[0]

    @property
    def secrets(self) -> frozenset[str]:
        """Every code and token ever handed out: none of them may be found anywhere in the clear."""
        with self.lock:
            return frozenset(self.grants.secrets)

    @property
    def rotates(self) -> bool:
        """Whether refreshing replaces the refresh token."""
        return self.grants.rotates

    @rotates.setter
    def rotates(self, rotates: bool) -> None:
        self.grants.rotates = rotates

    def add_account(self, spotify_id: str, plays: Sequence[ShownPlay] = ()) -> FakeAccount:
        """A new account; the first one logs in until ``login_as``. Raises ``ValueError`` for a taken id."""
        if spotify_id in self._accounts:
            raise ValueError(f"there is an account {spotify_id!r} already")
        self._login = self._login if self._accounts else spotify_id
        account = self._accounts[spotify_id] = FakeAccount(self, spotify_id, plays)
        return account

    def login_as(self, spotify_id: str | None) -> None:
        """Who says yes at /authorize from now on; None: the person says no."""
        if spotify_id is not None and spotify_id not in self._accounts:
            raise ValueError(f"there is no account {spotify_id!r}")
        self._login = spotify_id

    def fault(
        self, kind: str, *, times: int = 1, path: str = "", spotify_id: str | None = None, **details: object
    ) -> None:
        """The next ``times`` requests with ``path`` in theirs (of that account) go wrong.

        Kinds: "429" and "quota" (retry_after in seconds, any text, None: no header), "500", "502", "503",
        "slow" (seconds, really waited), "drop" (after=True: the question was carried out first),
        "not_json", "half" (cut_off=True: the connection ends too), "no_items", "strange_items" (beside the
        right ones), "thin_items" (tracks without album, length and recording code); and refusals of what is
        right: "invalid_grant" and "invalid_client" (description), "401" and "403" (message), "premium".
        """
        with self.lock:
            self.faults.add(Fault(kind, times, path, spotify_id, dict(details)))

    def _reply(self, question: Question) -> Answer | None:
        with self.lock:
            caller = self.grants.owner(question.bearer) or self.grants.refreshes(question.form)
            fault = self.faults.take(question, caller)
        if fault and fault.kind == "slow":
            self._is_over.wait(float(str(fault.details.get("seconds", 0.2))))
        with self.lock:
            now = self.clock()
            answer = self._answer(question, fault, now)
            status = answer.status if answer else 0
            text = question.query_text
            self.calls.append(Call(now, question.method, question.path, caller, status, text))
        return answer

    def _answer(self, question: Question, fault: Fault | None, now: datetime) -> Answer | None:
        if fault is None:
            return self._right_answer(question, now)
        if fault.kind == "drop":
            if fault.details.get("after"):
                self._right_answer(question, now)
            return None
        return fault.instead() or fault.spoiled(self._right_answer(question, now))

    def _right_answer(self, question: Question, now: datetime) -> Answer:
        try:
            if question.path.startswith("/v1/"):
                return self._api_answer(question, now)
            if question.path == "/authorize":
                return authorize(question, self.grants, client_id=self.client_id, login=self._login, now=now)
            if question.path == "/api/token":
                return token(question, self.grants, client_id=self.client_id, now=now)
        except RefusedError as refused:
            return refused.answer
        return text_answer(404, "Not found")

    def _api_answer(self, question: Question, now: datetime) -> Answer:
        grant = self.grants.bearer(question.bearer, now)
        self.limits.take(now)
        account = self._accounts[grant.spotify_id]
        if not account.is_registered:
            return api_error(403, "User not registered in the Developer Dashboard")
        return self._api.answer(question, grant, account.history, now)
