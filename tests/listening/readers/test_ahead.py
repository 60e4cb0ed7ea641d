from collections.abc import Generator, Iterator
from threading import Event, get_ident

import pytest

from assets.listening.readers.ahead import one_ahead, one_started_ahead


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


class Startable:
    """Says when it is started and closed."""

    def __init__(self, name: int, told: list[str]) -> None:
        self.name, self.told = name, told

    def use(self) -> None:
        self.told.append(f"use {self.name}")

    def start(self) -> None:
        self.told.append(f"start {self.name}")

    def close(self) -> None:
        self.told.append(f"close {self.name}")


def startables(told: list[str]) -> Iterator[Startable]:
    return (Startable(name, told) for name in range(3))


def test_the_next_one_is_started_before_one_is_used_and_each_is_closed_after_it() -> None:
    told: list[str] = []

    for each in one_started_ahead(startables(told)):
        each.use()

    assert " ".join(told).split(" close ") == [
        "start 0 start 1 use 0",
        "0 start 2 use 1",
        "1 use 2",
        "2",
    ]


def test_who_stops_early_closes_all_that_were_started() -> None:
    told: list[str] = []
    ahead = one_started_ahead(startables(told))
    next(ahead)

    ahead.close()

    assert told == ["start 0", "start 1", "close 0", "close 1"]
