"""The periods of top lists: whole months to merge, and the days at the edges to count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.listening import months

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Period:
    """Plays that stopped after ``after`` (None: ever) and not after ``until``."""

    name: str
    after: datetime | None
    until: datetime

    def whole_months(self, known: Iterable[str]) -> list[str]:
        """The known months that lie wholly inside."""
        return [month for month in known if self._holds_start(month) and self._holds_end(month)]

    def edge_months(self, known: Iterable[str]) -> list[str]:
        """The known months that lie partly inside."""
        return [month for month in known if self._overlaps(month) and not self.whole_months([month])]

    def _holds_start(self, month: str) -> bool:
        return self.after is None or self.after < months.starts_at(month)

    def _holds_end(self, month: str) -> bool:
        return months.starts_at(months.shifted(month, 1)) - _MOMENT <= self.until

    def _overlaps(self, month: str) -> bool:
        begins, ends = months.starts_at(month), months.starts_at(months.shifted(month, 1))
        return begins <= self.until and (self.after is None or self.after < ends - _MOMENT)


def periods(as_of: datetime, known: Sequence[str]) -> list[Period]:
    """4 weeks, 6 months, a year, all time, and each calendar year that has plays, up to ``as_of``."""
    rolling = [
        Period("4_weeks", as_of - timedelta(weeks=4), as_of),
        Period("6_months", months_before(as_of, 6), as_of),
        Period("year", months_before(as_of, 12), as_of),
        Period("all_time", None, as_of),
    ]
    years = sorted({month[:4] for month in known if months.starts_at(month) <= as_of})
    calendar = [
        Period(
            year,
            months.starts_at(f"{year}-01") - _MOMENT,
            min(as_of, months.starts_at(f"{int(year) + 1:04}-01") - _MOMENT),
        )
        for year in years
    ]
    return rolling + calendar


def months_before(moment: datetime, count: int) -> datetime:
    """The same day ``count`` months earlier, or that month's last day."""
    month = months.shifted(f"{moment.year:04}-{moment.month:02}", -count)
    begin = months.starts_at(month)
    last_day = (months.starts_at(months.shifted(month, 1)) - timedelta(days=1)).day
    return moment.replace(year=begin.year, month=begin.month, day=min(moment.day, last_day))
