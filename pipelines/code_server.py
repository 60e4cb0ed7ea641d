"""The one process that knows the code location; the UI and the daemon both ask it.

Left to themselves each starts a server of its own, and the daemon another one every minute, to see
changes of the code: seconds of work and hundreds of MB for nothing while nobody edits it.
"""

import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]
import yaml  # type: ignore[import-untyped]

NAME: Final = "longplay"
_MODULE: Final = "pipelines.definitions"
_ASKED_EVERY_S: Final = 0.2
_TRACKER: Final = "multiprocessing.resource_tracker"


def command(folder: Path) -> list[str]:
    """Serves on a socket in ``folder``, which must have a short path and belong to us alone."""
    options = {"--module-name": _MODULE, "--location-name": NAME, "--socket": str(_socket(folder))}
    return [
        "dagster",
        "api",
        "grpc",
        "--log-level",
        "warning",
        *(part for option in options.items() for part in option),
    ]


def write_workspace(folder: Path) -> Path:
    """The file that tells the UI and the daemon where the server is."""
    path = folder / "workspace.yaml"
    server = {"socket": str(_socket(folder)), "location_name": NAME}
    path.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    return path


def wait_for(server: subprocess.Popen[bytes], folder: Path) -> bool:
    """Until it listens, which it does once the code is loaded; False where it ended instead."""
    while server.poll() is None:
        with closing(socket.socket(socket.AF_UNIX)) as tried:
            if tried.connect_ex(str(_socket(folder))) == 0:
                return True
        time.sleep(_ASKED_EVERY_S)
    return False


def has_runs(pid: int) -> bool:
    """Whether it has children at work, other than the one in which Python counts what processes share."""
    try:
        children = psutil.Process(pid).children(recursive=True)
        return any(_TRACKER not in " ".join(child.cmdline()) for child in children)
    except psutil.Error:  # one has just ended: look again
        return True


def _socket(folder: Path) -> Path:
    return folder / "code"
