"""What is wrong with a setting, said with the name of its environment variable."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

PREFIX = "LONGPLAY_"
_LONGEST = 60


class UnusableHomeError(RuntimeError):
    """The folder that holds everything cannot be one."""

    def __init__(self, home: "Path", why: str) -> None:
        super().__init__(
            f"{PREFIX}HOME={home} cannot be used: {why}. Set it to a folder that you may make and write to."
        )


def said(error: "ValidationError") -> str:
    """One sentence a setting: its variable, what it must be, what it is (secrets apart), and the default."""
    return " ".join(map(_said, error.errors(include_url=False, include_context=False)))


def _said(detail: "ErrorDetails") -> str:
    from resources.settings import Settings  # noqa: PLC0415 - loaded by now

    name = str(detail["loc"][0]) if detail["loc"] else ""
    field = Settings.model_fields.get(name)
    if field is None:
        return f"{PREFIX}{name.upper()}: {detail['msg']}."
    value = "" if "Secret" in str(field.annotation) else f"={_shown(detail['input'])}"
    or_default = "unset it" if field.default is None else f"unset it for {field.default}"
    return (
        f"{PREFIX}{name.upper()}{value} cannot be used: {_what(detail['msg'])}. "
        f"Set another value, or {or_default}."
    )


def _what(message: str) -> str:
    """Pydantic says "Input should be …" and "String should match …"; our own checks say a sentence."""
    for begin in ("Input ", "String ", "Value "):
        if message.startswith(f"{begin}should "):
            return f"it {message.removeprefix(begin)}"
    return message.removeprefix("Value error, ").rstrip(".")


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever was set
    text = str(value)
    return text if len(text) <= _LONGEST and text.isprintable() else f"{text[:_LONGEST]!r} …"
