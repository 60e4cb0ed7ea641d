"""The search finds a nonce that proves the work, on one core or more, and ends when it is called off."""

import contextlib
import hashlib
import itertools
import subprocess
import sys

import psutil  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.trust import mine, search
from assets.trust.hashes import GENESIS, block_hash, header, header_before_nonce
from resources.chain_rows import Block


def first_nonce(prefix: bytes, difficulty: int) -> int:
    """The plainest loop, from where the search begins."""
    zeros = "0" * difficulty
    tried = itertools.count(1000)
    return next(n for n in tried if hashlib.sha256(prefix + b"%d" % n).hexdigest().startswith(zeros))


def block(difficulty: int) -> Block:
    return mine.unmined(GENESIS, [], GENESIS.mined_at, difficulty)


@given(st.binary(max_size=300), st.integers(0, 3))
def test_the_nonce_is_the_first_whose_hash_begins_with_the_zeros(prefix: bytes, difficulty: int) -> None:
    *_, nonce = search.search(prefix, difficulty)
    assert nonce == first_nonce(prefix, difficulty)


def test_a_search_goes_on_to_the_next_chunk_and_may_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = b"any"
    everything = list(search.search(prefix, 5))
    assert everything[:-1] == [None] * (len(everything) - 1)
    nonce = everything[-1]
    assert nonce == first_nonce(prefix, 5)
    chunk = (nonce - 1000) // search.TRIES
    for first in range(2):
        *_, found = search.search(prefix, 5, first, 2)
        assert found is not None
        assert ((found - 1000) // search.TRIES) % 2 == first
        assert (found == nonce) is (chunk % 2 == first)


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_a_mined_block_proves_its_work_however_many_cores_searched(processes: int) -> None:
    found = mine.mined(block(5), processes)
    assert found.block.hash == hashlib.sha256(header(found.block)).hexdigest() == block_hash(found.block)
    assert found.block.hash.startswith("00000")
    assert found.tries >= 1
    assert found.hashes_a_second > 1000


def test_the_tries_of_one_core_are_counted_to_the_last() -> None:
    found = mine.mined(block(4))
    assert found.tries == found.block.nonce - 1000 + 1


def test_a_search_that_is_called_off_ends_its_helpers_too() -> None:
    asked = itertools.count()

    def is_cancelled() -> bool:
        return next(asked) > 1

    with pytest.raises(mine.CancelledError, match="nothing was written"):
        mine.mined(block(12), 3, is_cancelled)
    assert not [each for each in psutil.Process().children() if "search.py" in " ".join(each.cmdline())]


def test_a_helper_ends_with_the_process_that_started_it() -> None:
    """Killed with -9, so that nobody could tell the helper."""
    starts = (
        "import subprocess, sys, time, os\n"
        f"helper = subprocess.Popen([sys.executable, '-I', '-S', {search.__file__!r}, "
        f"{header_before_nonce(block(12)).hex()!r}, '12', '0', '1', str(os.getpid())], "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(helper.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.run([sys.executable, "-c", starts], capture_output=True, text=True, check=False)
    pid = int(parent.stdout)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(20)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_block_never_mined_has_no_rate() -> None:
    assert mine.Mined(GENESIS, 0, 0.0).hashes_a_second == 0
