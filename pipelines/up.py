"""Everything that runs all the time, as one command: PostgreSQL, the Dagster UI, the daemon."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from resources.dagster_home import environment
from resources.world import World

_WORKSPACE = Path(__file__).parent.parent / "workspace.yaml"
_STOP_AFTER_S = 20.0


def run_until_stopped(world: World, console: Console) -> int:
    """Starts the services, waits for Ctrl-C or for one of them to end, and stops them all."""
    settings = world.settings
    world.operational  # noqa: B018 - started and migrated before anybody asks for it
    settings.inbox.joinpath(settings.user).mkdir(parents=True, exist_ok=True)
    env = {**os.environ, **environment(settings), "LONGPLAY_HOME": str(settings.home)}
    port = str(settings.webserver_port)
    services = [
        _start("dagster_webserver", "-h", "127.0.0.1", "-p", port, "-w", str(_WORKSPACE), env=env),
        _start("dagster._daemon", "run", "-w", str(_WORKSPACE), env=env),
    ]
    for stop in (signal.SIGINT, signal.SIGTERM):  # a shell that starts us with & has SIGINT ignored
        signal.signal(stop, signal.default_int_handler)
    console.print(f"Dagster UI: http://127.0.0.1:{port}")
    console.print(f"Inbox: {settings.inbox / settings.user} (drop exports there). Ctrl-C stops everything.")
    try:
        _wait_for_any(services)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(services)
    return 1


def _start(module: str, *arguments: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], env=env, cwd=_WORKSPACE.parent, start_new_session=True
    )


def _wait_for_any(services: list[subprocess.Popen[bytes]]) -> None:
    """Returns when one of them ends; the kernel wakes us."""
    os.waitpid(-1, 0)
    for service in services:
        service.poll()


def _stop(services: list[subprocess.Popen[bytes]]) -> None:
    running = [service for service in services if service.poll() is None]
    for service in running:
        service.send_signal(signal.SIGINT)
    for service in running:
        try:
            service.wait(_STOP_AFTER_S)
        except subprocess.TimeoutExpired:
            service.kill()
