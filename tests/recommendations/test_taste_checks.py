import polars as pl
import pytest

from assets.recommendations.checks import (
    bounds_that_cannot_be,
    copy_result,
    weights_that_cannot_be,
)
from assets.tables import FEEDBACK_EVENTS, LISTENER_PROFILES, PROFILE_MONTHS
from resources.world import World


def profile(**told: object) -> pl.LazyFrame:
    usual = {"weight": 0.6, "weight_millionths": 600_000}
    return pl.LazyFrame([{**usual, **told}], LISTENER_PROFILES.schema)


def month(**told: object) -> pl.LazyFrame:
    usual = {"add": 100_000, "low": 100_000, "high": 1_000_000, "steps": 1}
    return pl.LazyFrame([{**usual, **told}], PROFILE_MONTHS.schema)


def test_weights_and_bounds_that_can_be_pass() -> None:
    assert weights_that_cannot_be(profile()).is_empty()
    assert weights_that_cannot_be(profile(weight=0.0, weight_millionths=0)).is_empty()
    assert bounds_that_cannot_be(month()).is_empty()
    assert bounds_that_cannot_be(month(low=1_000_000)).is_empty()


@pytest.mark.parametrize(
    "told",
    [
        {"weight": 1.000001, "weight_millionths": 1_000_001},
        {"weight": -0.1, "weight_millionths": -100_000},
        {"weight": float("nan")},
        {"weight": float("inf")},
        {"weight": None},
        {"weight_millionths": None},
        {"weight": 0.7},
    ],
)
def test_a_weight_that_is_none_is_found(told: dict[str, object]) -> None:
    assert weights_that_cannot_be(profile(**told)).height == 1


@pytest.mark.parametrize(
    "told", [{"low": -1}, {"high": 1_000_001}, {"low": 600_000, "high": 500_000}, {"steps": 0}, {"low": None}]
)
def test_bounds_that_cannot_be_are_found(told: dict[str, object]) -> None:
    assert bounds_that_cannot_be(month(**told)).height == 1


def test_an_event_that_was_not_copied_fails_the_check(world: World) -> None:
    world.operational.ensure_user("ana", world.clock())
    event = world.events.append(type="like", content={"track_id": "a"}, user_id="ana").event_id
    assert copy_result(world).passed
    world.lake.note(FEEDBACK_EVENTS, world.lake.open(FEEDBACK_EVENTS), {"events/copied": event})
    found = copy_result(world)
    assert not found.passed
    assert found.metadata["missing events"].value == 1
