from collections.abc import Generator
from threading import Event, get_ident

import pytest

from assets.listening.readers.ahead import one_ahead


def counted(up_to: int, closed: list[bool] | None = None) -> Generator[int | None]:
    try:
        yield from range(up_to)
        yield None
    finally:
        if closed is not None:
            closed.append(True)


def test_items_come_in_their_order_whatever_they_are() -> None:
    assert list(one_ahead(counted(5))) == [0, 1, 2, 3, 4, None]


def test_the_next_item_is_made_while_one_is_used() -> None:
    is_made = Event()

    def items() -> Generator[int]:
        yield get_ident()
        is_made.set()
        yield get_ident()

    ahead = one_ahead(items())
    first = next(ahead)

    assert is_made.wait(10)
    assert first == next(ahead) != get_ident()


def test_what_making_an_item_raises_is_raised_in_its_place() -> None:
    def items() -> Generator[int]:
        yield 1
        raise EOFError

    ahead = one_ahead(items())

    assert next(ahead) == 1
    with pytest.raises(EOFError):
        next(ahead)


def test_who_stops_early_closes_what_makes_the_items() -> None:
    closed: list[bool] = []
    ahead = one_ahead(counted(5, closed))
    next(ahead)

    ahead.close()

    assert closed == [True]
