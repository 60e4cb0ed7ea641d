"""The unit of numbers that say none is told by the whole column; where it cannot be, they are refused."""

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from dataset_worlds import Read, dataset_tracks, read

from assets.datasets import quality
from assets.datasets.explain import explanation


def of_energies(tmp_path: Path, energies: Sequence[float], form: str = "csv", name: str = "energy") -> Read:
    """A dataset of one track an energy."""
    rows = [{"title": f"Song {at}", name: each} for at, each in enumerate(energies)]
    made = tmp_path / f"made-{form}"
    match form:
        case "parquet":
            pl.DataFrame(rows).write_parquet(made)
        case "csv":
            pl.DataFrame(rows).write_csv(made)
        case _:
            made.write_text("\n".join(map(json.dumps, rows)))
    return read(tmp_path, f"a.{form}", made.read_bytes())


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("name", ["energy", "Energie", "Énergie (float)"])
def test_energies_of_0_to_100_are_percent(tmp_path: Path, form: str, name: str) -> None:
    found = of_energies(tmp_path, [30, 79, 85, 7, 0, 1, 100], form, name).of("energy", "invalid_energy")
    assert [value for value, _ in found] == pytest.approx([0.3, 0.79, 0.85, 0.07, 0.0, 0.01, 1.0])
    assert {invalid for _, invalid in found} == {None}


def test_percent_may_have_decimals_or_commas(tmp_path: Path) -> None:
    assert of_energies(tmp_path, [30.5, 79.0]).of("energy") == [(0.305,), (0.79,)]
    text = "title;energy\nA;30,5\nB;79\n"
    assert read(tmp_path, "a.csv", text).of("energy") == [(0.305,), (0.79,)]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_energies_of_more_than_one_scale_are_refused_and_shown(tmp_path: Path, form: str) -> None:
    found = of_energies(tmp_path, [0.5, 30.5, 79.5, 0.25], form)
    assert found.of("energy", "invalid_energy") == [(None, each) for each in ("0.5", "30.5", "79.5", "0.25")]
    tracks = dataset_tracks(found.rows)
    counts = quality.count(tracks, found.reading.fields)
    lines = explanation(tracks, counts, quality.scores(counts, 1.0))
    said = next(line for line in lines if "values of energy" in line)
    assert "4 values of energy are of more than one scale (row 1 of" in said
    assert "“0.5”, row 2 of" in said
    assert said.endswith("“30.5”): write all of them from 0 to 1, or call the column energy_percent")


def test_marks_of_an_unknown_scale_are_refused(tmp_path: Path) -> None:
    assert of_energies(tmp_path, [7, 3, 10, 1]).of("energy") == [(None,)] * 4
    assert of_energies(tmp_path, [120, 250, 99, 30]).of("energy") == [(None,)] * 4


def test_one_stray_number_changes_no_scale(tmp_path: Path) -> None:
    shares = of_energies(tmp_path, [0.5] * 200 + [7])
    assert shares.of("energy", "invalid_energy")[-2:] == [(0.5, None), (None, "7.0")]
    percents = of_energies(tmp_path, [50] * 200 + [700])
    assert percents.of("energy", "invalid_energy")[-2:] == [(0.5, None), (None, "700")]


def test_a_cell_that_says_its_unit_is_heeded_whatever_the_column_is_in(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,energy\nA,30%\nB,79\nC,8\n")
    assert found.of("energy") == [(0.3,), (0.79,), (0.08,)]
    mixed = read(tmp_path, "a.csv", "title,energy\nA,30%\nB,79\nC,0.5\n")
    assert mixed.of("energy", "invalid_energy") == [(0.3, None), (None, "79"), (None, "0.5")]


def test_a_header_that_says_the_scale_goes_before_the_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,energy_percent\nA,0.5\nB,79\n")
    assert found.of("energy") == [(0.005,), (0.79,)]
    told = read(tmp_path, "a.csv", "title,energy (0-1)\nA,0.5\nB,79\n")
    assert told.of("energy", "invalid_energy") == [(0.5, None), (None, "79")]


def test_percent_is_found_in_files_with_broken_records_too(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,energy\nA,30\nB,79,x,y\nC,85\n")
    assert found.of("energy") == [(0.3,), (0.85,)]


@pytest.mark.parametrize("cells", [("215000", "61000"), ("215,000", "61,000"), ("215000.0", "61000.0")])
def test_lengths_longer_than_any_track_are_milliseconds(tmp_path: Path, cells: tuple[str, str]) -> None:
    text = "title,Länge\n" + "".join(f'{at},"{cell}"\n' for at, cell in enumerate(cells))
    assert read(tmp_path, "a.csv", text).of("duration_s") == [(215.0,), (61.0,)]


def test_one_long_track_makes_no_milliseconds(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,duration\nA,200\nB,300\nC,20000\n").of("duration_s")
    assert found == [(200.0,), (300.0,), (20_000.0,)]
    assert read(tmp_path, "a.csv", "title,duration (s)\nA,20000\n").of("duration_s") == [(20_000.0,)]


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        *(
            (cell, 225.0)
            for cell in ("3 min 45 s", "3m45s", "3m 45", "3'45\"", "3′45″", "PT3M45S", "3 Min. 45 Sek.")
        ),
        *(
            (cell, 225.0)
            for cell in ("225 s", "225 Sekunden", "225 сек", "3 minutes and 45 seconds", "3.75 min")
        ),
        *(
            (cell, 225.0)
            for cell in ("225000 ms", "225000000 µs", "3 мин 45 сек", "3 min, 45 sec", "225 sec.")
        ),
        *(
            (cell, 3_725.0)
            for cell in ("1:02:05", "1h2m5s", "1 h 2 min 5 s", "PT1H2M5S", "1 Std. 2 Min. 5 Sek.")
        ),
        *((cell, None) for cell in ("3 apples", "PT", "min", "3 s 4 min", "'")),
    ],
)
def test_a_length_may_say_its_units_in_the_cell(tmp_path: Path, cell: str, seconds: float | None) -> None:
    quoted = cell.replace('"', '""')
    found = read(tmp_path, "a.csv", f'title,duration\nA,"{quoted}"\n').of("duration_s", "invalid_duration")
    assert found == [(seconds, None if seconds else cell)]


@pytest.mark.parametrize(
    ("cells", "lengths"),
    [
        (("3:45", "4:05"), [(225.0,), (245.0,)]),
        (("225", "245"), [(225.0,), (245.0,)]),
        (("2020-01-01 10:00", "2020-01-02 11:00"), [(None,), (None,)]),
        (("1577872800", "1577959200"), [(None,), (None,)]),
    ],
)
def test_a_column_of_times_is_one_of_lengths_where_it_holds_lengths(
    tmp_path: Path, cells: tuple[str, str], lengths: list[tuple[float | None]]
) -> None:
    text = "Title,Time\n" + "".join(f"{at},{cell}\n" for at, cell in enumerate(cells))
    found = read(tmp_path, "a.csv", text)
    assert found.of("duration_s") == lengths
    assert found.of("invalid_duration") == [(None,), (None,)]
    assert (json.loads(found.rows[0]["extra"] or "{}") == {"Time": cells[0]}) == (
        lengths == [(None,), (None,)]
    )
