"""Runs that fail say why in a sentence, before the stack.

One place for every asset, check and job: what their functions raise of ours, or of what a person can act on,
becomes ``dg.Failure``. The error itself stays its cause, so that the command line can tell kinds apart.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

import dagster as dg
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction

from pipelines.exit_codes import Exit, exit_of

_OURS: Final = ("assets", "pipelines", "resources")
_MAY_PASS: Final = frozenset({Exit.SPOTIFY, Exit.UNAVAILABLE})
_NO_ROOM: Final = ("No space left on device", "os error 28")
_IS_TOLD: Final = "tells_why"

Step = Callable[..., Any]


def tell_why(ops: Iterable[dg.OpDefinition]) -> None:
    """Has the functions of some ops fail with a sentence; those that do already are left alone."""
    for op in ops:
        function = op.compute_fn
        if isinstance(function, DecoratedOpFunction) and not hasattr(function.decorated_fn, _IS_TOLD):
            op._compute_fn = function._replace(decorated_fn=telling_why(function.decorated_fn))


def telling_why(function: Step) -> Step:
    """The function, whose errors say first what is wrong and what to do."""

    @wraps(function)
    def step(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the function
        with _explained():
            return function(*given, **named)

    @wraps(function)
    def steps(*given: Any, **named: Any) -> Iterator[Any]:  # noqa: ANN401
        with _explained():
            yield from function(*given, **named)

    told = steps if inspect.isgeneratorfunction(function) else step
    setattr(told, _IS_TOLD, True)
    return told


class DiskFullError(OSError):
    """A disk that tables are written to has no room; libraries below say so in errors of their own."""

    def __init__(self) -> None:
        super().__init__(
            "The disk is full: make room where the home and the lake are, then run the same command again. "
            "What was read is stored."
        )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if any(words in str(error) for words in _NO_ROOM):
            full = DiskFullError()
            full.__cause__ = error
            raise dg.Failure(str(full), allow_retries=True) from full
        if not _can_be_acted_on(error):
            raise
        sentence = str(error).strip() or type(error).__name__
        raise dg.Failure(sentence, allow_retries=exit_of(error) in _MAY_PASS) from error


def _can_be_acted_on(error: Exception) -> bool:
    """Ours, or one that has an exit code of its own: a disk that is full, a server that went away."""
    return type(error).__module__.split(".")[0] in _OURS or exit_of(error) is not Exit.FAILED
