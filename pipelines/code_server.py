"""The one process that knows the code location; the UI and the daemon both ask it.

Left to themselves each starts a server of its own, and the daemon another one every minute, to see
changes of the code: seconds of work and hundreds of MB for nothing while nobody edits it.
"""

import subprocess
import time
from pathlib import Path
from typing import Final

import yaml  # type: ignore[import-untyped]
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._grpc.client import DagsterGrpcClient

NAME: Final = "longplay"
_MODULE: Final = "pipelines.definitions"
_ASKED_EVERY_S: Final = 0.2


def command(folder: Path) -> list[str]:
    """Serves on a socket in ``folder``, which must have a short path and belong to us alone."""
    options = {"--module-name": _MODULE, "--location-name": NAME, "--socket": str(_socket(folder))}
    return ["dagster", "api", "grpc", *(part for option in options.items() for part in option)]


def write_workspace(folder: Path) -> Path:
    """The file that tells the UI and the daemon where the server is."""
    path = folder / "workspace.yaml"
    server = {"socket": str(_socket(folder)), "location_name": NAME}
    path.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    return path


def wait_for(server: subprocess.Popen[bytes], folder: Path) -> bool:
    """Until it answers; False where it ended instead."""
    client = DagsterGrpcClient(socket=str(_socket(folder)))
    while server.poll() is None:
        try:
            client.ping("")
        except DagsterUserCodeUnreachableError:
            time.sleep(_ASKED_EVERY_S)
        else:
            return True
    return False


def _socket(folder: Path) -> Path:
    return folder / "code"
