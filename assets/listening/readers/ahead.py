"""Steps of a pipeline that overlap: the next item is made while the last one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Protocol, TypeVar

T = TypeVar("T")


class Startable(Protocol):
    """What works by itself once it is started."""

    def start(self) -> object:
        """Begins."""

    def close(self) -> object:
        """Ends, also before it is done."""


S = TypeVar("S", bound=Startable)


def one_ahead(items: Generator[T]) -> Generator[T]:
    """The same items; the one after the one that is yielded is made meanwhile, by one other thread.

    What making an item raises is raised where it would have been yielded.
    """
    end = object()
    with ThreadPoolExecutor(1) as maker:
        try:
            coming = maker.submit(next, items, end)
            while (item := coming.result()) is not end:
                coming = maker.submit(next, items, end)
                yield item  # type: ignore[misc]
        finally:
            maker.submit(items.close).result()


def one_started_ahead(items: Iterator[S]) -> Generator[S]:
    """The same items, started; the one after the one that is yielded has been started too.

    Each is closed once the next one is wanted, or nothing more is.
    """
    started: list[S] = []

    def start_next() -> None:
        for item in islice(items, 1):
            item.start()
            started.append(item)

    try:
        start_next()
        while started:
            start_next()
            yield started[0]
            started.pop(0).close()
    finally:
        for item in started:
            item.close()
