"""What may be written to the event log: the types there are, and what each one's content holds.

What arrives from outside is checked here, before it is a row that nobody can change any more.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

FEEDBACK: Final = ("play", "skip", "like", "dislike", "favorite", "rate")
"""What a listener may say of a track; the pipeline copies these to the lake."""
ALERT: Final = "error.critical"
"""Something is wrong that a person should see."""
OF_THE_SYSTEM: Final = (
    "account.linked",
    "account.unlinked",
    "account.quarantined",
    "account.recovered",
    "page.visited",
    ALERT,
)
TYPES: Final = (*FEEDBACK, *OF_THE_SYSTEM)

EARLIEST: Final = datetime(2002, 1, 1, tzinfo=UTC)
"""No month of the lake is older: nobody's listening was written down before."""
AHEAD: Final = timedelta(days=1)
"""A clock may be wrong by that much; more is a mistake of units."""
LONGEST_CONTENT: Final = 100_000
LONGEST_NAME: Final = 200

Content = dict[str, Any]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_NAME, strip_whitespace=True, strict=True)
]


class InvalidEventError(ValueError):
    """An event that cannot be written down; the message says what to change."""


class Feedback(BaseModel):
    """What a listener says of a track, which the catalogue need not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    track_id: Name
    rating: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False, strict=True)


def checked_content(event_type: str, content: Mapping[str, Any]) -> Content:
    """The content as it is stored.

    Raises:
        InvalidEventError: of an unknown type, or not what the type asks for.
    """
    if event_type not in TYPES:
        raise InvalidEventError(f"There is no event of type {event_type}; use one of {', '.join(TYPES)}.")
    return _storable(_feedback(event_type, content) if event_type in FEEDBACK else dict(content))


def checked_time(happened_at: datetime, now: datetime) -> datetime:
    """In UTC; raises ``InvalidEventError`` when it has no zone, or cannot be."""
    if happened_at.tzinfo is None:
        raise InvalidEventError(f"{happened_at} has no time zone: write it as 2026-11-21T20:00:00+00:00.")
    moment = happened_at.astimezone(UTC)
    if not EARLIEST <= moment <= now + AHEAD:
        raise InvalidEventError(
            f"{moment:%Y-%m-%d %H:%M} UTC cannot be when it happened: "
            f"give a time from {EARLIEST:%Y-%m-%d} to now."
        )
    return moment


def checked_key(key: str | None) -> str | None:
    """An idempotency key that can be stored."""
    if key is not None and (not 1 <= len(key) <= LONGEST_NAME or not key.isprintable()):
        raise InvalidEventError(f"An idempotency key has 1 to {LONGEST_NAME} printable characters.")
    return key


def _feedback(event_type: str, content: Mapping[str, Any]) -> Content:
    try:
        said = Feedback.model_validate(content)
    except ValidationError as error:
        raise InvalidEventError(f"This {event_type} cannot be taken: {_in_words(error)}.") from None
    if (event_type == "rate") != (said.rating is not None):
        needs = "needs a rating from 0 to 1" if event_type == "rate" else "takes no rating; that is for rate"
        raise InvalidEventError(f"A {event_type} {needs}.")
    return said.model_dump(exclude_none=True)


def _in_words(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'content'}: {each['msg']}, not {each['input']!r:.60}"
        if each["type"] != "missing"
        else f"{each['loc'][0]} is missing"
        for each in error.errors(include_url=False, include_context=False)
    )


def _storable(content: Content) -> Content:
    """JSON that Postgres takes: no NaN, no zero character, no half of a surrogate pair, not endless."""
    try:
        text = json.dumps(content, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError) as error:
        raise InvalidEventError(f"The content cannot be stored: {error}.") from None
    if len(text) > LONGEST_CONTENT or "\\u0000" in text:
        raise InvalidEventError(
            f"The content cannot be stored: more than {LONGEST_CONTENT} characters, or a zero character."
        )
    return content
