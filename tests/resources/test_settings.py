import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from resources.settings import Settings


def test_every_setting_says_what_it_is() -> None:
    undocumented = [name for name, field in Settings.model_fields.items() if not field.description]
    assert undocumented == []


def test_the_home_is_absolute_and_holds_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    assert settings.home == tmp_path.resolve() / "data"
    folders = [settings.inbox, settings.originals, settings.marts, settings.snapshots, settings.warehouse]
    assert all(folder.parent == settings.home for folder in [*folders, settings.postgres, settings.dagster])
    assert settings.lake == str(settings.home / "lake")


def test_the_environment_is_read_when_settings_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_LAKE_URL", "s3://bucket/lake/")
    monkeypatch.setenv("LONGPLAY_KEEP_ORIGINALS", "1")
    monkeypatch.setenv("LONGPLAY_DAGSTER_URL", "not a setting")
    assert Settings().lake == "s3://bucket/lake"
    assert Settings().keep_originals


def test_importing_settings_reads_no_environment() -> None:
    code = "import os; os.environ['LONGPLAY_WEBSERVER_PORT'] = 'not a number'; import resources.settings"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_invalid_value_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_WEBSERVER_PORT", "sekret")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "sekret" not in str(refused.value)


def test_the_database_password_is_not_in_the_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_DATABASE_URL", "postgresql://u:sekret@h/d")
    assert "sekret" not in repr(Settings()) + str(Settings()) + Settings().model_dump_json()


@pytest.mark.parametrize("user", ["../other", "", "a/b", ".hidden"])
def test_a_listener_cannot_be_named_like_a_path(user: str) -> None:
    with pytest.raises(ValidationError):
        Settings(user=user)


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_DATABASE_URL", "")
    assert Settings().database_url is None


@pytest.mark.parametrize("name", ["what?", "a*b", "two\nlines"])
def test_a_home_that_duckdb_would_take_for_something_else_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValidationError, match="cannot be a home"):
        Settings(home=tmp_path / name)
