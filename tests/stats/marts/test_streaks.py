from datetime import date
from pathlib import Path

from marts.world import rows


def test_streaks_run_over_the_change_to_summer_time_and_over_new_year(marts: Path) -> None:
    found = rows(marts, "streaks", "rank", "first_date", "last_date", "days", user_id="streaky")
    assert found == [
        (1, date(2024, 3, 29), date(2024, 4, 1), 4),
        (2, date(2024, 12, 30), date(2025, 1, 1), 3),
    ]


def test_a_streak_is_current_while_the_last_day_heard_of_is_its_last_or_the_next(marts: Path) -> None:
    found = rows(marts, "streaks", "first_date", "is_current", user_id="streaky")
    assert found == [(date(2024, 3, 29), False), (date(2024, 12, 30), True)]


def test_a_day_of_uncounted_plays_ends_a_streak(marts: Path) -> None:
    found = rows(
        marts, "listening_days", "plays", "plays_counted", user_id="streaky", local_date=date(2025, 1, 2)
    )
    assert found == [(1, 0)]


def test_the_longest_streak_of_a_year_stays_inside_it(marts: Path) -> None:
    found = rows(marts, "year_in_music", "year", "longest_streak_days", "days_listened", user_id="streaky")
    assert found == [(2024, 4, 6), (2025, 1, 1)]
