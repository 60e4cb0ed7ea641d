"""``dataset.yaml``: what a dataset is called and under which licence it is, read from whoever wrote it."""

from pathlib import Path
from typing import Annotated, Any, Final

import yaml  # type: ignore[import-untyped]
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

FILE_NAME: Final = "dataset.yaml"
MOST_BYTES: Final = 64 << 10
_EXAMPLE = "It should read, for example:\nname: Moods of a thousand songs\nlicence: CC-BY-4.0"


class ManifestError(ValueError):
    """A ``dataset.yaml`` that cannot be used; the message says what is wrong and what to write."""


def plain(text: str | None) -> str | None:
    """Text without what a terminal would act on; None where nothing is left."""
    return " ".join("".join(each if each.isprintable() else " " for each in text or "").split()) or None


def _plain(value: object) -> object:
    """A number is a name too."""
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return plain(str(value)) if is_text else value


_Plain = Annotated[str, BeforeValidator(_plain)]


class Manifest(BaseModel):
    """What ``dataset.yaml`` may say; anything more is left alone."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)

    name: _Plain | None = Field(default=None, min_length=1, max_length=200)
    licence: _Plain | None = Field(
        default=None, max_length=2000, validation_alias=AliasChoices("licence", "license")
    )


def beside(path: Path) -> Manifest:
    """What is said of a folder in it, or of a file beside it: ``tracks.dataset.yaml`` or ``dataset.yaml``.

    Raises:
        ManifestError: something is said that cannot be read.
    """
    found = next((each for each in places(path) if each.is_file()), None)
    return Manifest() if found is None else read(found)


def places(path: Path) -> list[Path]:
    """Where it may be said, the first that exists."""
    if path.is_dir():
        return [path / FILE_NAME]
    return [path.with_name(f"{path.stem}.{FILE_NAME}"), path.with_name(FILE_NAME)]


def read(path: Path) -> Manifest:
    """Reads one file.

    Raises:
        ManifestError: it is too long, no YAML, uses aliases, or does not hold what it should.
    """
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ManifestError(f"{FILE_NAME} is longer than {MOST_BYTES >> 10} KB. {_EXAMPLE}")
    said = _loaded(content)
    if not isinstance(said, dict):
        raise ManifestError(f"{FILE_NAME} does not hold names and values. {_EXAMPLE}")
    try:
        return Manifest.model_validate({str(key).lower(): value for key, value in said.items()})
    except ValidationError as error:
        fields = ", ".join(sorted({str(each["loc"][0]) for each in error.errors()}))
        raise ManifestError(f"{FILE_NAME}: not usable as text: {fields}. {_EXAMPLE}") from error


def _loaded(content: bytes) -> Any:  # noqa: ANN401 - whatever YAML may hold
    try:
        return yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader, made stricter
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = "it uses aliases" if isinstance(error, _AliasError) else "it is no plain YAML"
        raise ManifestError(f"{FILE_NAME} cannot be read: {why}. {_EXAMPLE}") from error


class _AliasError(yaml.YAMLError):  # type: ignore[misc]
    """An alias: a few of them, nested, make gigabytes of a kilobyte."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Makes plain values only, and no value twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - as PyYAML has it
        if self.check_event(yaml.AliasEvent):
            raise _AliasError
        return super().compose_node(parent, index)
