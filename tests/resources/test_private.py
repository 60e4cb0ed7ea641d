"""A home is closed to others from its first second; what is not its own stays as it is."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resources import dagster_home
from resources.private import make_private
from resources.settings import Settings
from resources.spotify import vault
from resources.world import World


@pytest.fixture(autouse=True)
def _generous() -> Iterator[None]:
    """Whatever is made is open to everybody, unless whoever makes it says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    "door",
    [
        lambda settings: World(settings).lake,
        dagster_home.write_instance_file,
        lambda settings: vault.file_keys(settings.secret_key_file),
        lambda settings: make_private(settings.home),
    ],
)
def test_a_home_is_closed_by_whatever_door_it_is_made(
    tmp_path: Path, door: Callable[[Settings], object]
) -> None:
    settings = Settings(home=tmp_path / "above" / "home")
    door(settings)
    assert mode(settings.home) == 0o700
    assert mode(settings.home.parent) == 0o777


def test_an_open_home_is_closed_and_what_is_above_stays(tmp_path: Path) -> None:
    home = tmp_path / "above" / "home"
    (home / "lake").mkdir(parents=True)
    (home / "warehouse.duckdb").touch()
    (home / ".warehouse.duckdb.12").touch()
    home.chmod(0o2775)
    assert make_private(home) is None
    assert mode(home) == 0o2700
    assert mode(home.parent) == 0o777


@pytest.mark.parametrize(("open_mode", "other"), [(0o755, "letters.txt"), (0o1777, "lake")])
def test_a_folder_that_is_not_longplays_alone_is_left_and_told(
    tmp_path: Path, open_mode: int, other: str
) -> None:
    home = tmp_path / "shared"
    home.mkdir()
    (home / "postgres").mkdir()
    (home / other).touch()
    home.chmod(open_mode)
    assert f"chmod 700 '{home}'" in (make_private(home) or "")
    assert mode(home) == open_mode
