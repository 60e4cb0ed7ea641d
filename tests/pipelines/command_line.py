"""``longplay`` as a person runs it, in this process or in one of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from resources.settings import Settings

Longplay = Callable[..., tuple[int, str, str]]
"""``longplay`` with arguments: exit code, output, errors."""

_REPOSITORY = Path(__file__).parents[2]


def environment(settings: Settings) -> dict[str, str]:
    """What a process must find to work on a home, in a terminal wide enough for every column."""
    url = settings.database_url
    assert url is not None
    return {
        "LONGPLAY_HOME": str(settings.home),
        "LONGPLAY_DATABASE_URL": url.get_secret_value(),
        "COLUMNS": "160",
    }


def start(settings: Settings, *arguments: object, before: str = "") -> "subprocess.Popen[str]":
    """``longplay`` in a process of its own; ``before`` is Python that it runs first."""
    program = f"{before}\nfrom pipelines.cli import main\nmain()\n"
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, *map(str, arguments)],
        env={**os.environ, **environment(settings)},
        cwd=_REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
