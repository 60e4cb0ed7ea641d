import subprocess
import sys
import threading

import pytest

from resources.locks import ImportBusyError, PipelineBusyError
from resources.operational import Operational
from resources.settings import Settings

HOLDER = """
import sys
from resources.postgres import connect
from resources import locks
with locks.importing(connect(sys.argv[1]), "a"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(settings: Settings) -> "subprocess.Popen[str]":
    assert settings.database_url is not None
    command = [sys.executable, "-c", HOLDER, settings.database_url.get_secret_value()]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def is_free(operational: Operational) -> bool:
    try:
        with operational.lock_import("a"):
            return True
    except ImportBusyError:
        return False


def wait_until_free(operational: Operational) -> None:
    """The server notices a vanished client when the socket closes, a moment later."""
    for _ in range(100_000):
        if is_free(operational):
            return
    pytest.fail("the lock of a dead process is still held")


def test_an_import_is_locked_against_another_process_until_it_ends(
    operational: Operational, holder: "subprocess.Popen[str]"
) -> None:
    with (
        pytest.raises(ImportBusyError, match="is being imported by another process"),
        operational.lock_import("a"),
    ):
        pass
    with operational.lock_import("b"):
        pass
    holder.communicate()
    wait_until_free(operational)


def test_a_killed_process_frees_its_import(operational: Operational, holder: "subprocess.Popen[str]") -> None:
    assert not is_free(operational)
    holder.kill()
    holder.communicate()
    wait_until_free(operational)


def test_a_failed_import_frees_its_lock(operational: Operational) -> None:
    with pytest.raises(ZeroDivisionError), operational.lock_import("a"):
        raise ZeroDivisionError
    assert is_free(operational)


def test_writers_share_and_a_backup_waits_for_all_of_them(operational: Operational) -> None:
    with operational.writing(), operational.writing():
        with pytest.raises(PipelineBusyError), operational.quiet(attempts=1):
            pass
        with operational.writing():
            pass
    with operational.quiet(attempts=1):
        pass


def test_a_writer_waits_while_it_is_quiet(operational: Operational) -> None:
    order: list[str] = []
    asked = threading.Event()

    def write() -> None:
        asked.set()
        with operational.writing():
            order.append("written")

    with operational.quiet():
        writer = threading.Thread(target=write)
        writer.start()
        asked.wait()
        order.append("quiet")
    writer.join()
    assert order == ["quiet", "written"]
