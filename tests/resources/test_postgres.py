import json
import stat
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]
import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text

from resources import embedded_postgres, postmaster
from resources.operational import Operational
from resources.postgres import (
    DatabaseUnavailableError,
    ensure_dagster_url,
    ensure_database_url,
    open_engine,
)
from resources.settings import Settings


def with_url(url: str) -> Settings:
    return Settings(database_url=SecretStr(url))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_any_postgres_url_means_psycopg2(scheme: str) -> None:
    assert ensure_database_url(with_url(f"{scheme}://u:p@h/d")) == "postgresql+psycopg2://u:p@h/d"


def test_dagster_does_not_wait_for_the_disk_and_the_users_options_stay() -> None:
    url = make_url(ensure_dagster_url(with_url("postgresql://u@h/d?options=-cwork_mem%3D8MB")))
    assert url.query["options"] == "-cwork_mem=8MB -csynchronous_commit=off"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:sekret@127.0.0.1:1/d",
        "postgresql://u:p@sekret@h/d",
        "postgresql://u@127.0.0.1:1/d?password=sekret",
        "postgresql://u:sekret@127.0.0.1:1/d?nonsense=1",
        "postgresql://u:sekret@h:port/d",
        "sqlite:///sekret",
        "sekret",
    ],
)
def test_a_bad_url_is_explained_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseUnavailableError, match="LONGPLAY_DATABASE_URL") as refused:
        open_engine(with_url(url))
    assert "sekret" not in str(refused.value)
    assert "sekret" not in "".join(traceback.format_exception(refused.value))


def test_sessions_speak_utc_and_keep_full_durability(settings: Settings) -> None:
    engine = open_engine(settings)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW timezone")) == "UTC"
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    engine.dispose()


def test_a_pooled_connection_that_the_server_dropped_is_replaced(
    operational: Operational, settings: Settings
) -> None:
    with operational.engine.connect() as connection:
        pooled = connection.scalar(text("SELECT pg_backend_pid()"))
    other = open_engine(settings)
    with other.connect() as connection:
        assert connection.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pooled})
    assert operational.list_users() == []
    other.dispose()


STARTED = """
import json, sys, os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from resources.settings import Settings
from resources.operational import Operational
operational = Operational.open(Settings(home=Path(sys.argv[1])))
operational.ensure_user(sys.argv[2], __import__("datetime").datetime(2024, 1, 1, tzinfo=__import__("datetime").UTC))
print(json.dumps([user["user_id"] for user in operational.list_users()]), flush=True)
sys.stdin.read()
"""


Start = Callable[[Path, str], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts processes that use a home until they are ended; none outlives the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(home: Path, user: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-W", "error::UserWarning", "-c", STARTED, str(home), user]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def answer(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stdout is not None
    names: list[str] = json.loads(process.stdout.readline())
    return names


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate()
    assert process.returncode == 0


def test_a_home_starts_its_own_server_shares_it_and_stops_it_with_the_last_process(
    tmp_path: Path, start: Start
) -> None:
    home = tmp_path / ("a rather long folder name " * 5) / "100% mine"
    home.parent.mkdir()
    first, second = start(home, "ada"), start(home, "bo")
    assert {*answer(first), *answer(second)} == {"ada", "bo"}
    end(first)
    running = postmaster.read(home / "postgres")
    assert running is not None
    assert Path(running.socket_folder).name.startswith("longplay-"), "no path as long holds a socket"
    end(second)
    assert not (home / "postgres" / "postmaster.pid").exists()
    assert not Path(running.socket_folder).exists()
    again = start(home, "cy")
    assert answer(again) == ["ada", "bo", "cy"]
    end(again)


def test_a_server_pid_that_now_belongs_to_another_program_is_forgotten(
    tmp_path_factory: pytest.TempPathFactory, start: Start
) -> None:
    home = tmp_path_factory.mktemp("pid")  # short: the socket, and what locks it, stay in the home
    first = start(home, "ada")
    answer(first)
    pid_file = home / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    socket_lock = home / "postgres" / ".s.PGSQL.5432.lock"
    assert socket_lock.exists()
    end(first)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
    socket_lock.write_text(pid_file.read_text())
    again = start(home, "bo")
    assert answer(again) == ["ada", "bo"]
    end(again)
    bystander.communicate()


def test_a_process_that_was_killed_does_not_keep_the_server_alive(tmp_path: Path, start: Start) -> None:
    killed = start(tmp_path, "ada")
    answer(killed)
    killed.kill()
    killed.communicate()
    last = start(tmp_path, "bo")
    assert answer(last) == ["ada", "bo"]
    end(last)
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_a_server_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18")
    with pytest.raises(embedded_postgres.PostgresStartError, match="log"):
        embedded_postgres.ensure_running(folder)


def kill(pid: int) -> None:
    """And wait until it is gone, or a zombie where nobody reaps."""
    process = psutil.Process(pid)
    process.kill()
    with suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:
            pass


def test_a_server_that_was_killed_is_started_again_by_the_process_that_used_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    operational = Operational.open(settings)
    operational.ensure_user("ada", datetime(2024, 1, 1, tzinfo=UTC))
    pid = embedded_postgres.ensure_running(settings.postgres).get_pid()
    assert pid is not None
    kill(pid)
    ensure_database_url(settings)
    assert [user["user_id"] for user in operational.list_users()] == ["ada"]
    operational.close()


@pytest.mark.parametrize("prefix", ["my music ", """it's a "b" $c [d] #1 50%, ü;`{e}"""])
def test_a_home_starts_whatever_its_path_holds(start: Start, prefix: str) -> None:
    with TemporaryDirectory(prefix=prefix) as folder:
        process = start(Path(folder), "ada")
        assert answer(process) == ["ada"]
        process.communicate("")


def modes(*paths: Path) -> dict[Path, int]:
    """Of these, and of every folder above them."""
    return {place: place.stat().st_mode for path in paths for place in (path, *path.parents)}


def test_folders_above_the_home_and_the_programs_keep_their_modes(tmp_path: Path, start: Start) -> None:
    home = tmp_path / "mine" / "deeper" / "home"
    home.parent.mkdir(parents=True)
    home.parents[1].chmod(0o700)
    home.parent.chmod(0o710)
    before = modes(home.parent, embedded_postgres.binaries())
    process = start(home, "ada")
    assert answer(process) == ["ada"]
    end(process)
    assert modes(home.parent, embedded_postgres.binaries()) == before
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_the_number_of_another_postgresql_in_a_stale_pid_file_does_neither_any_harm(
    tmp_path: Path, start: Start
) -> None:
    mine, others = tmp_path / "mine", tmp_path / "others"
    end_of_mine = start(mine, "ada")
    answer(end_of_mine)
    pid_file = mine / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    end(end_of_mine)
    another = start(others, "bo")
    answer(another)
    theirs = (others / "postgres" / "postmaster.pid").read_text()
    pid_file.write_text("\n".join([theirs.split()[0], *lines[1:]]) + "\n")
    again = start(mine, "cy")
    assert answer(again) == ["ada", "cy"]
    end(again)
    assert (others / "postgres" / "postmaster.pid").read_text() == theirs
    assert psutil.Process(int(theirs.split()[0])).status() != psutil.STATUS_ZOMBIE
    end(another)


def test_neither_a_persons_locale_nor_their_postgresql_variables_reach_the_server(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES"):
        monkeypatch.setenv(name, "xx_XX.UTF-8")
    for name in ("PGPORT", "PGDATA", "PGSERVICE", "PGUSER", "PGOPTIONS", "PGTARGETSESSIONATTRS", "PGTZ"):
        monkeypatch.setenv(name, "9")
    first = start(tmp_path, "ada")
    assert answer(first) == ["ada"]
    assert _ask(tmp_path, "SHOW lc_messages") == ["C"]
    assert _ask(tmp_path, "SELECT DISTINCT datlocprovider::text || lower('ÄÉ') FROM pg_database") == ["bäé"]
    end(first)


def test_a_home_in_a_locale_that_the_machine_has_lost_starts_and_needs_none_from_then_on(
    tmp_path: Path, start: Start
) -> None:
    first = start(tmp_path, "ada")
    answer(first)
    lost = "datlocprovider = 'c', datlocale = NULL, datcollate = 'xx_XX.UTF-8', datctype = 'xx_XX.UTF-8'"
    _ask(tmp_path, f"UPDATE pg_database SET {lost}")
    end(first)
    configuration = tmp_path / "postgres" / "postgresql.conf"
    with configuration.open("a") as file:
        file.write("lc_messages = 'xx_XX.UTF-8'\t# as an older longplay wrote it\nlc_time='xx_XX'\n")
    (tmp_path / "postgres.new").mkdir()  # a first start that was cut off leaves that
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18")
    for expected in (["ada", "bo"], ["ada", "bo", "cy"]):
        again = start(tmp_path, expected[-1])
        assert answer(again) == expected
        assert _ask(tmp_path, "SELECT DISTINCT datlocprovider::text || datcollate FROM pg_database") == ["bC"]
        end(again)
        assert "xx_XX" not in configuration.read_text()


def _ask(home: Path, query: str) -> list[object]:
    """The first column of what the server of a home answers; whoever else uses it goes on."""
    server = embedded_postgres.ensure_running(home / "postgres")
    engine = create_engine(make_url(server.get_uri()).set(drivername="postgresql+psycopg2"))
    with engine.begin() as connection:
        result = connection.execute(text(query))
        rows: list[object] = list(result.scalars()) if result.returns_rows else []
    engine.dispose()
    server.leave()
    return rows


def test_a_first_start_that_fails_says_why_and_names_no_log_that_does_not_exist(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "mine.txt").write_text("not a database")
    with pytest.raises(embedded_postgres.PostgresStartError, match="in the way") as refused:
        embedded_postgres.ensure_running(folder)
    assert "its log is" not in str(refused.value)
    assert (folder / "mine.txt").read_text() == "not a database"
