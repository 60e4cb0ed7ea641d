"""Steps of a pipeline that overlap: the next item is made while the last one is used."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


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
