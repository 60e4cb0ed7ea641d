"""What real exports get wrong, each with a switch."""

from dataclasses import dataclass, fields, replace
from typing import Literal, Self


@dataclass(frozen=True, kw_only=True)
class Quirks:
    """Shares in 0…1 of the rows that could show each oddity; 0 turns it off.

    With the defaults, the rules for "when a play started" and "which rows are one play" recover the
    truth from what is written. Only ``unidentifiable_copies`` breaks that.

    Args:
        stop_at_next_start: after logout or a crash ``ts`` is the next app start.
        shared_sync: plays made offline carry the one ``ts`` at which they were synced.
        unknown_start: ``offline_timestamp`` is 0, 1 or null.
        millisecond_starts: ``offline_timestamp`` is in ms before 2018.
        start_jitter: ``offline_timestamp`` is 3 s before to 1 s after the start.
        null_skips: ``skipped`` is null before 2020.
        wrong_skips: ``skipped`` is wrong before 2022-10-16.
        null_names: no names although the URI is set.
        unknown_country: ``ZZ``.
        empty_reasons: ``reason_*`` is "" or null.
        no_identity: additional rows without any URI and name.
        whole_row_repeats: the same row once more.
        same_start_copies: once more with the same start, another stop and less time played.
        resynced_copies: once more with the same time played, another stop and no start.
        unidentifiable_copies: once more with another start: no rule can tell it from a play.
        max_lag_hours: ``ts`` is never later than this after the true stop, because months are resolved
            with the rows of one day either side.
        round_trip: the file went through another tool: ``2024-01-31 12:00:00`` and 0/1 for skipped, or
            ``2024-01-31T12:00:00+00:00`` and 0.0/1.0.
    """

    stop_at_next_start: float = 0.9
    shared_sync: float = 0.8
    unknown_start: float = 0.12
    millisecond_starts: float = 1.0
    start_jitter: float = 0.6
    null_skips: float = 1.0
    wrong_skips: float = 0.05
    null_names: float = 0.002
    unknown_country: float = 0.005
    empty_reasons: float = 0.004
    no_identity: float = 0.003
    whole_row_repeats: float = 0.01
    same_start_copies: float = 0.004
    resynced_copies: float = 0.003
    unidentifiable_copies: float = 0.0
    max_lag_hours: float = 20.0
    round_trip: Literal["none", "space", "offset"] = "none"

    @classmethod
    def none(cls) -> Self:
        """An export in which nothing is odd."""
        shares = (field.name for field in fields(cls) if field.name not in ("max_lag_hours", "round_trip"))
        return cls(**dict.fromkeys(shares, 0.0))  # type: ignore[arg-type]

    @classmethod
    def only(cls, **shares: float) -> Self:
        """Nothing odd but these."""
        return replace(cls.none(), **shares)  # type: ignore[arg-type]
