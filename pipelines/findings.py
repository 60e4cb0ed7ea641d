"""What ``longplay doctor`` finds: a verdict and, where it is not well, a remedy."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it is."""

    WELL = "ok"
    DOUBTFUL = "look"
    WRONG = "WRONG"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    said: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.verdict:<5} {self.name}: {self.said}{'.' if not self.said.endswith('.') else ''}" + (
            f" → {self.remedy}" if self.remedy else ""
        )


Check = Callable[[], Finding]


def well(name: str, said: str) -> Finding:
    """Nothing to do."""
    return Finding(name, Verdict.WELL, said)


def doubtful(name: str, said: str, remedy: str) -> Finding:
    """It works, and may not for long."""
    return Finding(name, Verdict.DOUBTFUL, said, remedy)


def wrong(name: str, said: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(name, Verdict.WRONG, said, remedy)


def findings(checks: Iterable[tuple[str, Check]]) -> Iterator[Finding]:
    """Looks at each; a look that fails is a finding itself, and the others go on."""
    for name, check in checks:
        try:
            yield check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong
            said = " ".join(str(error).split()) or type(error).__name__
            yield wrong(name, said, "do what it says, then run `longplay doctor` again")
