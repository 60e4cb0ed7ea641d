"""Every weight of the fold and of the loop, compared."""

from collections.abc import Callable
from typing import Any

from benchmarks.work.feedback_longplay import folded
from benchmarks.work.feedback_loop import looped
from benchmarks.work.feedback_rows import events, track_traits


def prepare(count: str) -> Callable[[], dict[str, Any]]:
    """Fails at the first difference."""

    def job() -> dict[str, Any]:
        said, traits = events(int(count)), track_traits()
        columns = ("user_id", "kind", "name", "weight_millionths")
        ours = {row[:3]: row[3] for row in folded(said, traits).select(columns).iter_rows()}
        theirs = looped(said, traits)
        if ours != theirs:
            raise AssertionError(f"{len(ours.items() ^ theirs.items())} weights differ")
        return {"weights_compared": len(ours)}

    return job
