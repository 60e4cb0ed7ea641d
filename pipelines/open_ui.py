"""``longplay open``: the page of the Dagster UI in the browser, where ``longplay up`` runs."""

import re
from collections.abc import Callable
from typing import Final

from pipelines.only_up import running
from resources.settings import Settings

_ADDRESS: Final = re.compile(r"https?://\S+")


class NotUpError(RuntimeError):
    """Nothing answers for this home."""

    def __init__(self) -> None:
        super().__init__("`longplay up` does not run for this home: start it, then `longplay open` again.")


def address(settings: Settings) -> str:
    """Where the UI of this home is; raises ``NotUpError``."""
    found = _ADDRESS.search(running(settings.up_lock) or "")
    if found is None:
        raise NotUpError
    return found[0]


def open_ui(settings: Settings, open_browser: Callable[[str], bool]) -> str:
    """Opens the page; returns what to tell."""
    url = address(settings)
    return f"Opened {url}" if open_browser(url) else f"No browser opens here; go to {url}"
