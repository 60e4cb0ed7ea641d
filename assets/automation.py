"""When a table follows the tables it is made from, without anybody asking.

``eager()`` alone has two traps: it looks at the latest month only, so that late data would wait for
ever, and for a table over all months it waits until no month is missing, which is never.
"""

from typing import Any

import dagster as dg

Condition = dg.AutomationCondition[Any]


def month_follows() -> Condition:
    """A month is made again whenever the months it is made from were: also months long past."""
    return (
        dg.AutomationCondition.eager()
        .without(dg.AutomationCondition.in_latest_time_window())
        .with_label("month_follows")
    )


def whole_follows() -> Condition:
    """A table over all months is made again whenever any of them was."""
    return (
        dg.AutomationCondition.eager()
        .without(~dg.AutomationCondition.any_deps_missing())
        .with_label("whole_follows")
    )


def made_once() -> Condition:
    """A table made of nothing: asked for when it is missing, once; ``eager()`` never asks on a new home."""
    return (dg.AutomationCondition.missing().newly_true() & ~dg.AutomationCondition.in_progress()).with_label(
        "made_once"
    )


def published_when_checked() -> Condition:
    """A snapshot follows its tables once every blocking check on them has passed."""
    return (whole_follows() & dg.AutomationCondition.all_deps_blocking_checks_passed()).with_label(
        "published_when_checked"
    )
