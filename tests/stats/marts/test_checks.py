import json
from pathlib import Path

import pytest

from assets.marts.registry import dbt_environment, marts
from marts.world import PROJECT, dbt, play, track, write_sources


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The dbt tests that fail on a lake with something wrong with every play."""
    root = tmp_path_factory.mktemp("wrong")
    plays = [
        play("twice", "2024-05-01 10:00"),
        play("twice", "2024-05-01 11:00"),
        play("tape", "2024-05-01 12:00", kind="tape"),
        play("backwards", "2024-05-01 13:00", -1),
        play("nobody", "2024-05-01 14:00", user_id=None),
        play("doubled", "2024-05-01 15:00", track_id="t2"),
    ]
    tracks = [track("t1", "Nines"), track("t2", "Ada"), track("t2", "Zoe")]
    sources = write_sources({"plays": plays, "tracks": tracks}, root)
    (root / "marts").mkdir()
    assert dbt(["build"], dbt_environment(sources, root / "marts"), root).returncode == 1
    results = json.loads((root / "target" / "run_results.json").read_text())["results"]
    return {result["unique_id"].split(".")[2] for result in results if result["status"] == "fail"}


@pytest.mark.parametrize(
    "check",
    [
        "is_key_listens_play_id",
        "accepted_values_listens_kind__music__podcast__audiobook__video",
        "is_between_listens_ms_played__9223372036854775807__0",
        "not_null_listens_user_id",
        "listens_hold_every_play",
    ],
)
def test_a_build_says_what_is_wrong_with_the_plays(check: str, failed: set[str]) -> None:
    assert check in failed


def test_every_test_of_several_models_names_the_mart_it_checks_for_dagster(empty_marts: Path) -> None:
    nodes = json.loads((empty_marts.parent / "target" / "manifest.json").read_text())["nodes"].values()
    tests = [node for node in nodes if node["resource_type"] == "test" and "test_metadata" not in node]
    checked = {node["name"]: node["config"]["meta"]["dagster"]["ref"]["name"] for node in tests}
    assert set(checked) == {file.stem for file in (PROJECT / "tests").glob("*.sql")}
    assert set(checked.values()) <= set(marts(PROJECT))
