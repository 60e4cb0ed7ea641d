"""A day of linked accounts, in fast time: plays stored against what was shown, calls against the budget."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.figures import OURS, Row, Scale, rows
from benchmarks.inputs import Place
from benchmarks.measure import work


def measured(scale: Scale, place: Place) -> Iterator[Row]:
    """A row for each budget of calls."""
    for calls_a_day in scale.live_calls:
        with place.scratch() as home:
            day = work("live_day", home, scale.live_accounts, calls_a_day)
        size = f"{scale.live_accounts} accounts, {calls_a_day:,} calls a day"
        yield from rows(size, {OURS: [day]}, {OURS: _said(day.told)})


def _said(told: Mapping[str, Any]) -> str:
    """What became of the plays and the calls."""
    return (
        f"{told['stored']:,} of {told['shown']:,} plays shown are stored once; the others are in "
        f"{told['gaps']} gaps told ({told['lost_untold']} are not); {told['doubled']} doubled, "
        f"{told['invented']} invented; {told['calls']:,} calls, {told['refused']} refused; between "
        f"{told['fewest_polls']} and {told['most_polls']} an account, at most {told['longest_wait_h']} h "
        f"apart; {told['quarantined']} accounts quarantined; {told['unbalanced']} ledger rows do not add up"
    )
