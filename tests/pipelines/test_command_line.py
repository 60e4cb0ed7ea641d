"""The command line before anything starts: versions, completion, paths, settings, and what was meant."""

import io
import os
import socket
import subprocess
import sys
import tarfile
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from command_line import Longplay
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from rich.console import Console

from pipelines import only_up, open_ui
from pipelines.ask import Format
from pipelines.cli import app
from pipelines.commands import _watched
from pipelines.exit_codes import Exit
from pipelines.given import why_not_read, why_not_written
from pipelines.open_ui import NotUpError
from pipelines.setting_errors import said
from pipelines.suggest import missing_table, near, unknown_table
from resources import embedded_postgres
from resources.backup_file import DATABASE
from resources.settings import Settings
from resources.world import World

TABLES = ["plays", "top_artists", "top_tracks", "top_albums", "listens", "listening_days", "year_in_music"]


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any server, or database of one's own, that is asked for fails the test."""

    def started(*_: object) -> None:
        raise AssertionError("a server was started")

    monkeypatch.setattr(embedded_postgres, "ensure_running", started)
    monkeypatch.setattr(World, "operational", property(started))


def test_the_version_is_told(longplay: Longplay) -> None:
    assert longplay("--version")[:2] == (0, "longplay 0.1.0\n")


@pytest.mark.parametrize(
    ("typed", "offered"), [("longplay dat", "dataset"), ("longplay sql --f", "--format")]
)
def test_the_shell_completes_commands_and_options(typed: str, offered: str) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    program = "import sys; sys.argv = ['longplay']; from pipelines.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **words, "_LONGPLAY_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert offered in done.stdout.split()


@pytest.mark.usefixtures("nothing_starts")
def test_a_path_that_is_not_there_is_told_before_any_server_starts(
    longplay: Longplay, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.zip"
    for arguments in (("import", gone), ("dataset", "add", gone), ("restore", gone)):
        code, out, err = longplay(*arguments)
        assert (code, f"{gone}: there is no such file or folder." in out + err) == (Exit.UNREADABLE, True)
    code, out, _ = longplay("backup", tmp_path / "nowhere" / "file")
    assert (code, "there is no folder" in out) == (Exit.UNREADABLE, True)
    assert longplay("backup", tmp_path)[0] == Exit.UNREADABLE


def test_what_is_wrong_with_a_path_is_said(tmp_path: Path) -> None:
    assert why_not_read(tmp_path) is None
    assert why_not_read(tmp_path / ("x" * 300)) is not None
    assert why_not_read(Path("a\0b")) is not None
    assert why_not_written(tmp_path / "new") is None


@pytest.mark.usefixtures("nothing_starts")
def test_a_table_that_is_not_there_is_told_with_the_nearest(longplay: Longplay) -> None:
    code, out, _ = longplay("materialize", "top_artist")
    assert (code, "There is no table top_artist: did you mean top_artists" in out) == (Exit.UNKNOWN, True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("top_artist", "top_artists"),
        ("play", "plays"),
        ("Plays", "plays"),
        ("artists_top", "top_artists"),
        ("listenig_days", "listening_days"),
        ("yearinmusic", "year_in_music"),
    ],
)
def test_the_table_that_was_meant_is_found(typed: str, meant: str) -> None:
    assert near(typed, TABLES)[0] == meant
    error = f'Catalog Error: Table with name {typed} does not exist!\nDid you mean "pg_am"?'
    assert missing_table(error) == typed
    assert meant in str(unknown_table(typed, TABLES))


@given(st.text(max_size=40))
def test_any_name_is_answered_with_at_most_three_that_are_there(name: str) -> None:
    found = near(name, TABLES)
    assert len(found) <= 3
    assert set(found) <= set(TABLES)


def test_sql_on_a_table_that_is_not_there_has_an_exit_code_of_its_own(
    longplay: Longplay, settings: Settings
) -> None:
    from pipelines.publish import publish

    world = World(settings)
    publish(world)
    world.operational.close()
    code, _, err = longplay("sql", "SELECT * FROM top_artist")
    assert (code, "did you mean top_artists" in err) == (Exit.UNKNOWN, True)
    assert longplay("sql", "SELEC 1")[0] == Exit.UNREADABLE


# Settings


def wrong_values() -> dict[str, str]:
    """For every setting that can be wrong, a value of the wrong type or out of its bounds."""
    wrong = {}
    for name, field in Settings.model_fields.items():
        kinds = {field.annotation, *get_args(field.annotation)}
        if not {str, SecretStr, Path} & kinds:
            wrong[name] = "many"
    urls = {"lake_url": "nowhere://x", "spotify_api_url": "api", "spotify_accounts_url": "ftp://x"}
    more = {"home": "what?", "user": "../x", "webserver_port": "70000", "snapshot_grace_hours": "0"}
    return {**wrong, **urls, **more}


@pytest.mark.parametrize("name", wrong_values())
def test_a_wrong_setting_is_told_by_its_variable_and_what_to_do(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, value = f"LONGPLAY_{name.upper()}", wrong_values()[name]
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    told = said(caught.value)
    assert told.startswith(f"{variable}={value} cannot be used: ")
    assert "or unset it" in told
    assert "pydantic" not in told


def test_two_wrong_settings_are_both_told_and_a_secret_is_not_shown(
    longplay: Longplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TRUST", "perhaps")
    monkeypatch.setenv("LONGPLAY_MIN_QUALITY", "2")
    code, _, err = longplay("status")
    assert code == Exit.SETTING
    assert "LONGPLAY_TRUST=perhaps" in err
    assert "LONGPLAY_MIN_QUALITY=2 cannot be used: it should be less than or equal to 1" in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("place", ["/proc/home", "/etc/hostname/home"])
def test_a_home_that_cannot_be_made_is_told_by_its_variable(
    longplay: Longplay, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("LONGPLAY_HOME", place)
    code, _, err = longplay("status")
    assert (code, err.startswith(f"LONGPLAY_HOME={place} cannot be used: ")) == (Exit.SETTING, True)


# The UI


def test_open_goes_where_up_runs_and_says_so_where_it_does_not(settings: Settings) -> None:
    opened: list[str] = []

    def browser(url: str) -> bool:
        opened.append(url)
        return len(opened) == 1

    settings.home.mkdir(parents=True, exist_ok=True)
    with pytest.raises(NotUpError, match="longplay up"):
        open_ui.open_ui(settings, browser)
    with only_up.only_one(settings.up_lock, "http://127.0.0.1:3456"):
        assert open_ui.open_ui(settings, browser) == "Opened http://127.0.0.1:3456"
        assert "go to http://127.0.0.1:3456" in open_ui.open_ui(settings, browser)
    assert opened == ["http://127.0.0.1:3456"] * 2
    with pytest.raises(NotUpError):
        open_ui.open_ui(settings, browser)


def test_up_takes_its_port_from_the_command_line(longplay: Longplay, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines import up

    asked: list[int] = []

    def run(settings: Settings, _: object) -> int:
        asked.append(settings.webserver_port)
        return 0

    monkeypatch.setattr(up, "run_until_stopped", run)
    monkeypatch.setenv("LONGPLAY_WEBSERVER_PORT", "4000")
    assert [longplay("up")[0], longplay("up", "--port", 5000)[0], longplay("up", "--port", 0)[0]] == [0, 0, 2]
    assert asked == [4000, 5000]


def test_exit_codes_are_documented_and_differ() -> None:
    from docs.reference import commands

    assert app.info.help
    text = commands()
    assert len({code.value for code in Exit}) == len(Exit)
    assert all(f"| {code.value} | {code.meaning}" in text for code in Exit)


@pytest.mark.parametrize(
    ("done", "is_failing", "is_left"), [(200, False, True), (200, True, False), (100, False, False)]
)
def test_no_progress_bar_is_left_after_an_error_or_half_a_file(
    settings: Settings, done: int, is_failing: bool, is_left: bool
) -> None:
    console = Console(file=io.StringIO(), width=100)
    world = World(settings)
    with suppress(ZeroDivisionError), _watched(world, console) as hide:
        world.on_progress(5, done, 200)
        if is_failing:
            raise ZeroDivisionError
    with _watched(world, console) as hide:
        world.on_progress(7, 200, 200)
        hide()
    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    assert ("5 rows" in told, "7 rows" in told) == (is_left, False)


# What a shell passes on that nobody meant


PATHS = ["import", "dataset add", "restore", "backup"]
TEXTS = [
    *(
        "undo",
        "materialize",
        "sql",
        "dataset remove",
        "chain proof",
        "time-zone",
        "feedback like",
        "feedback",
    ),
    *("prefer genre", "sync --user", "unlink --user", "import x --user", "import x --time-zone"),
    "dataset add x --name",
]


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize(
    ("command", "nothing"), [*product([*PATHS, *TEXTS], ["", "  "]), *product(TEXTS, ["\udcff"])]
)
def test_a_text_that_is_empty_or_no_utf_8_is_refused_before_anything_starts(
    longplay: Longplay, command: str, nothing: str
) -> None:
    assert longplay(*command.split(), nothing)[0] == Exit.UNREADABLE


@pytest.mark.usefixtures("nothing_starts")
def test_what_is_neither_file_nor_folder_is_told_before_any_server_starts(
    longplay: Longplay, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path, what in ((tmp_path / "pipe", "a pipe"), (tmp_path / "socket", "a socket")):
            code, out, _ = longplay("import", path)
            assert (code, f"it is {what}" in out, "as a file" in out) == (Exit.UNREADABLE, True, True)
            assert why_not_written(path) is not None
    assert "a device" in (why_not_read(Path("/dev/null")) or "")


@pytest.mark.usefixtures("nothing_starts")
def test_a_backup_replaces_a_backup_and_nothing_else(longplay: Longplay, tmp_path: Path) -> None:
    mine, older, empty = (tmp_path / name for name in ("thesis.tar", "b.tar", "new"))
    with tarfile.open(mine, "w") as tar:
        tar.addfile(tarfile.TarInfo("thesis.txt"))
    with tarfile.open(older, "w") as tar:
        tar.addfile(tarfile.TarInfo(DATABASE))
    empty.touch()
    kept = mine.read_bytes()
    code, out, _ = longplay("backup", mine)
    assert (code, "no backup of Longplay's" in out, mine.read_bytes()) == (Exit.UNREADABLE, True, kept)
    assert [why_not_written(path) for path in (older, empty)] == [None, None]


@pytest.mark.usefixtures("nothing_starts")
def test_a_file_that_is_no_backup_is_told_before_the_home_is_looked_at(
    longplay: Longplay, settings: Settings, tmp_path: Path
) -> None:
    (settings.marts / "b1").mkdir(parents=True)  # a home in use
    bad, cut = tmp_path / "bad.tar", tmp_path / "cut.tar"
    bad.write_bytes(bytes(range(256)) * 100)
    with tarfile.open(cut, "w") as tar:
        tar.addfile(tarfile.TarInfo(DATABASE))
    for path, why in ((bad, "is no backup"), (tmp_path, "is no backup"), (cut, "its end is missing")):
        code, _, err = longplay("restore", path)
        assert (code, f"{path}" in err, why in err) == (Exit.UNREADABLE, True, True)


def test_an_account_that_is_not_linked_is_told_with_what_to_do(longplay: Longplay) -> None:
    for command in ("sync", "unlink", "retry"):
        code, out, _ = longplay(command, "--user", "no body")
        assert (code, "`longplay link --user 'no body'` links one" in out) == (Exit.UNKNOWN, True)
    code, out, _ = longplay("undo", "nothing")
    assert (code, "There is no import nothing" in out, "`longplay status` shows" in out) == (3, True, True)


@pytest.mark.parametrize("url", ["mysql://u:sekret@h/d", "sekret", "postgresql://u:p@sekret@h/d"])
def test_a_database_url_that_can_be_none_is_a_wrong_setting(
    longplay: Longplay, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("LONGPLAY_DATABASE_URL", url)
    code, _, err = longplay("status")
    assert (code, err.startswith("LONGPLAY_DATABASE_URL "), "sekret" in err) == (Exit.SETTING, True, False)


def test_a_database_that_does_not_answer_is_no_wrong_setting(
    longplay: Longplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_DATABASE_URL", "postgresql://u:sekret@127.0.0.1:1/d")
    code, _, err = longplay("status")
    assert (code, "sekret" in err) == (Exit.UNAVAILABLE, False)


@pytest.mark.parametrize(
    "written",
    [
        "Terminal(highlight=False).print('x' * 99_999); Terminal(stderr=True).print('still at work')",
        *(
            f"c.connect().sql('SELECT * FROM range(999999)'), Format('{name}')); "
            "Terminal(stderr=True).print('still at work')"
            for name in Format
            if name != "table"
        ),
    ],
)
def test_a_reader_that_goes_away_ends_nothing_and_is_no_fault(written: str) -> None:
    """As ``| head -1`` does."""
    start = (
        "import duckdb as c; from pipelines.ask import Format, told; from pipelines.terminal import Terminal;"
    )
    call = written if written.startswith("Terminal") else f"told({written}"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", f"{start} {call}"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "still at work\n")


def test_ctrl_c_says_that_the_command_stopped() -> None:
    program = """
import sys
from pipelines import cli
def stopped(**_): raise KeyboardInterrupt
cli._world = stopped
sys.argv = ["longplay", "retry"]
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == Exit.STOPPED
    assert done.stderr.startswith("Stopped.")


def run_main(shell: str) -> tuple[int, str]:
    """``longplay`` (before anything of a home is looked at) inside a line of the shell: exit code, errors."""
    program = "from pipelines.cli import main; main()"
    line = f"set -o pipefail; longplay() {{ '{sys.executable}' -W ignore -c '{program}' \"$@\"; }}; {shell}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=False)
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    ("shell", "code"),
    [
        ("longplay --help | true", 0),
        ("longplay --version >&-", 0),
        ("longplay nonsense 2>&1 >&- | true", 2),
        ("PYTHONIOENCODING=latin-1 longplay import $'/none/\u5c71'", 2),
        ("PYTHONIOENCODING=utf-8:strict longplay import $'/none/\xff'", 2),
    ],
)
def test_whatever_the_streams_are_there_is_no_traceback(shell: str, code: int) -> None:
    ended, errors = run_main(shell)
    assert (ended, "Traceback" in errors) == (code, False)


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize("option", [("--plays", 0), ("--plays", -5), ("--seed", -1)])
def test_a_demo_of_nothing_is_refused(longplay: Longplay, option: tuple[str, int]) -> None:
    assert longplay("demo", *option)[0] == Exit.UNREADABLE


def test_up_on_a_database_that_can_be_none_says_so_and_ends_as_other_commands(
    longplay: Longplay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_DATABASE_URL", "mysql://u:sekret@h/d")
    code, _, err = longplay("up", "--port", 45_123)
    assert (code, "only PostgreSQL" in err, "Traceback" in err) == (Exit.SETTING, True, False)
