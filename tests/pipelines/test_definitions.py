"""The graph is what the golden file shows, and every asset says what a person would ask of it."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from asset_graph import GOLDEN, described
from dagster._core.definitions.metadata import TableMetadataSet
from history import History

from assets.marts.dbt import manifest_of, told_by_dbt
from assets.marts.lineage import Check, lineages
from assets.marts.registry import marts
from assets.tables import LAKE_TABLES
from assets.views import DBT_PROJECT
from resources.warehouse import duckdb_type

LATER = ("recommendations", "trust")
MADE = [name for name, table in LAKE_TABLES.items() if table.layer == "core" and table.group not in LATER]


def test_the_asset_graph_is_the_one_that_was_reviewed(whole: dg.Definitions) -> None:
    assert described(whole) == GOLDEN.read_text(), "meant? python -m tests.pipelines.asset_graph"


def test_the_code_location_loads_and_its_references_resolve(whole: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(whole)


def test_every_table_of_the_registry_and_every_mart_is_an_asset(whole: dg.Definitions) -> None:
    keys = {key.to_user_string() for key in whole.resolve_asset_graph().get_all_asset_keys()}
    assert keys == {*LAKE_TABLES, *marts(DBT_PROJECT), "snapshot"}


def test_every_asset_is_described_owned_and_versioned(whole: dg.Definitions) -> None:
    graph = whole.resolve_asset_graph()
    lacking = {}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        columns = TableMetadataSet.extract(node.metadata).column_schema
        has = {
            "description": bool(node.description),
            "owner": list(node.owners) == ["team:longplay"],
            "kinds": any(tag.startswith("dagster/kind/") for tag in node.tags),
            "group": node.group_name not in {None, "default"},
            "code version": node.code_version is not None,
            "columns": columns is not None or key.to_user_string() == "snapshot",
            "described columns": columns is None or all(column.description for column in columns.columns),
        }
        if wrong := [what for what, is_there in has.items() if not is_there]:
            lacking[key.to_user_string()] = wrong
    assert lacking == {}


def test_every_table_has_the_columns_of_the_registry(whole: dg.Definitions) -> None:
    graph = whole.resolve_asset_graph()
    for name, table in LAKE_TABLES.items():
        schema = TableMetadataSet.extract(graph.get(dg.AssetKey(name)).metadata).column_schema
        assert schema is not None
        assert [(column.name, column.type) for column in schema.columns] == [
            (column, duckdb_type(dtype)) for column, dtype in table.schema.items()
        ]


def test_what_is_written_of_the_marts_is_what_dbt_tells_of_them(tmp_path: Path) -> None:
    told = told_by_dbt(manifest_of(tmp_path))
    assert lineages() == told, "after a change of a mart: python -m assets.marts.dbt"
    assert set(told) == set(marts(DBT_PROJECT))
    assert told["listens"].checks["listens_hold_every_play"] == Check(reads=["plays"])
    assert not told["listens"].checks["albums_have_the_same_plays_everywhere"].is_blocking


def test_the_definitions_load_without_dbt() -> None:
    """It takes a second and a hundred megabytes, in every run and in the code server."""
    load = "import sys; from pipelines.definitions import build; build(None); print(*sys.modules)"
    lacking = "from assets.listening import first_month; first_month.of = lambda world: '2020-01'"
    done = subprocess.run([sys.executable, "-c", f"{lacking}; {load}"], capture_output=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.decode().split()}
    assert loaded & {"dagster", "dagster_dbt", "dbt", "sqlglot"} == {"dagster"}


def test_a_run_says_how_many_rows_it_made_and_shows_pictures(history: History) -> None:
    assert history.imported(history.dropped()).success
    followed = history.followed()
    assert followed.success, history.failures(followed)
    counts = {name: history.metadata(name)["dagster/row_count"].value for name in [*MADE, "snapshot"]}
    assert counts == {name: history.table(name).height for name in MADE} | {"snapshot": len(LAKE_TABLES)}
    raw = history.table("raw_plays").filter(month="2024-01")
    assert history.metadata("raw_plays")["dagster/partition_row_count"].value == raw.height
    for name, picture in [
        ("plays", "plays a month"),
        ("clock_months", "hour of week, UTC"),
        *((name, "all time") for name in ("top_artists", "top_tracks", "top_albums")),
    ]:
        first, shown = next(iter(history.metadata(name).items()))
        assert first == picture, "a picture comes first"
        assert "data:image/svg+xml;base64," in str(shown.value), name
    pictures = [event for event in followed.all_events if "data:image/svg" in repr(event)]
    assert sorted(str(event.asset_key.to_user_string()) for event in pictures if event.asset_key) == [
        "clock_months",
        "plays",
        "top_albums",
        "top_artists",
        "top_tracks",
    ], "the log keeps each once"
    ledger = history.metadata("imports")["last imports"].value
    [row] = [record.data for record in ledger.records]  # type: ignore[union-attr]
    [known] = history.table("imports").rows(named=True)
    assert row["file"] == known["file_name"]
    assert [row[name] for name in ("read", "stored", "duplicate", "rejected")] == [
        known[f"rows_{name}"] for name in ("read", "stored", "duplicate", "rejected")
    ]
    newest_first = history.instance.fetch_materializations(dg.AssetKey("plays"), limit=9).records
    made = [record.asset_materialization for record in newest_first]
    assert ["plays a month" in event.metadata for event in made if event] == [True, False, False, False]


def test_tables_are_made_of_plays_of_which_some_have_lengths(history: History, tmp_path: Path) -> None:
    names = [f"Song {n}" for n in range(6)]
    scrobbles = [f"Band,Album,{name},{n + 10} Jan 2024 {n + 7:02}:05" for n, name in enumerate(names)]
    given = tmp_path / "given"
    given.mkdir()
    (given / "scrobbles.csv").write_text("\n".join(scrobbles))
    measured = "Artist,Title,Time,Played (ms)\nBand,Long,2024-01-02T21:00:00Z,200000\n"
    (given / "measured.csv").write_text(measured)
    assert history.imported(given).success
    followed = history.followed(["2024-01", "2024-01"])
    assert followed.success, history.failures(followed)
    lengths = history.table("plays").sort("ended_at")["ms_played"].to_list()
    assert lengths == [200_000, *[None] * 6]
    assert "hour of week, UTC" in history.metadata("clock_months")


@pytest.mark.parametrize("job", ["import_history", "months", "listening", "publish", "refresh"])
def test_light_jobs_run_in_one_process(whole: dg.Definitions, job: str) -> None:
    assert whole.resolve_job_def(job).executor_def is dg.in_process_executor


def test_a_run_of_marts_can_be_built_without_the_tables_that_only_their_checks_read(
    whole: dg.Definitions,
) -> None:
    """The daemon asks for such a run in a fresh home, where some tables wait for others."""
    graph = whole.resolve_asset_graph()
    job = whole.get_repository_def().get_job("__ASSET_JOB")
    later = [name for name, table in LAKE_TABLES.items() if table.group in LATER and table.layer == "core"]
    free = [name for name in later if graph.get(dg.AssetKey(name)).partitions_def is None]
    asked = {dg.AssetKey(name) for name in (*free, "listens")}
    assert len(asked) > 3
    assert job.get_subset(asset_selection=asked).asset_layer.selected_asset_keys == asked
