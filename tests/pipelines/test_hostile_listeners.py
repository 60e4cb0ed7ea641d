"""Whatever a listener is called, the others' rows stay theirs, to the bit."""

import json
from pathlib import Path

import polars as pl
from command_line import Longplay

from assets.tables import LAKE_TABLES
from pipelines.inbox import dropped
from pipelines.loose import advice, loose
from resources.settings import Settings
from resources.world import World

HOSTILE = ("o'brien [red] {} %s", "x') OR ('1'='1")


def export(path: Path, track: str, hours: int) -> Path:
    """Of names that no other export has: what the catalogue learns of one is nothing to the others."""
    rows = [
        {
            "ts": f"2024-05-01T{hour:02}:03:20Z",
            "ms_played": 200_000,
            "conn_country": "DE",
            "master_metadata_track_name": f"Song {hour} of {track}",
            "master_metadata_album_artist_name": f"Band {track}",
            "master_metadata_album_album_name": f"LP {track}",
            "spotify_track_uri": f"spotify:track:{track * 20}{hour:02}",
            "reason_end": "trackdone",
        }
        for hour in range(hours)
    ]
    path.write_text(json.dumps(rows))
    return path


def rows_of(settings: Settings, user: str) -> dict[str, pl.DataFrame]:
    """Every row of a listener, of every table that has listeners."""
    lake = World(settings).lake
    tables = [table for table in LAKE_TABLES.values() if "user_id" in table.columns]
    return {table.name: lake.scan(table).filter(user_id=user).collect().sort(table.key) for table in tables}


def test_commands_of_a_listener_touch_no_row_of_another(
    longplay: Longplay, settings: Settings, tmp_path: Path
) -> None:
    def done(*arguments: object) -> str:
        code, out, err = longplay(*arguments)
        assert code == 0, (arguments, out, err)
        return out

    done("import", export(tmp_path / "theirs.json", "a", 4), "--user", "ada", "--time-zone", "UTC")
    done("feedback", "like", "spotify:track:" + "a" * 20 + "00", "--user", "ada")
    before = rows_of(settings, "ada")
    assert before["plays"].height == 4
    assert before["top_tracks"].height
    for number, user in enumerate(HOSTILE):
        mine = export(tmp_path / f"mine{number}.json", str(number), 3)
        done("import", mine, "--user", user, "--yes", "--time-zone", "Europe/Berlin")
        assert rows_of(settings, user)["plays"].height == 3
        done("feedback", "like", f"spotify:track:{str(number) * 20}00", "--user", user)
        done("prefer", "genre", "jazz", "0.7", "--user", user)
    ledger = {row["user_id"]: row["import_id"] for row in World(settings).operational.list_imports()}
    done("undo", ledger[HOSTILE[1]])
    assert rows_of(settings, HOSTILE[1])["plays"].is_empty()
    assert rows_of(settings, HOSTILE[0])["top_tracks"].height
    after = rows_of(settings, "ada")
    assert [name for name, frame in before.items() if not frame.equals(after[name])] == []
    assert "o'brien [red] {} %s" in done("status")


def test_a_folder_of_the_inbox_that_names_no_listener_is_left_alone_and_reported(settings: Settings) -> None:
    for name in ("o'brien", "a:b"):
        (settings.inbox / name).mkdir(parents=True)
        (settings.inbox / name / "export.json").write_text("[]")
    assert [item.user_id for item in dropped(settings.inbox)] == ["o'brien"]
    (settings.inbox / "datasets").mkdir()
    (settings.inbox / "lost.json").write_text("[]")
    lying = loose(settings.inbox)
    assert [path.name for path in lying] == ["a:b", "lost.json"]
    told = advice(lying, "me")
    assert "the folder a:b in inbox/ can be no listener's; rename it: a name begins with no dot" in told
    assert "lost.json in inbox/. Move it to inbox/me/" in told
    assert "Move" not in advice(lying[:1], "me")
