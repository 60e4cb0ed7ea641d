"""dataset.yaml is read safely, whoever wrote it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.datasets import manifest
from assets.datasets.manifest import Manifest, ManifestError

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{after}: &{after} [*{before}, *{before}]\n"
    for before, after in zip("abcdefghij", "bcdefghijk", strict=True)
)


def said(tmp_path: Path, content: str | bytes) -> Manifest:
    path = tmp_path / "dataset.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return manifest.beside(tmp_path)


def test_it_names_the_dataset_and_its_licence(tmp_path: Path) -> None:
    assert said(tmp_path, "name: Moods\nlicence: CC0-1.0\nurl: https://example.org\n") == Manifest(
        name="Moods", licence="CC0-1.0"
    )


@pytest.mark.parametrize("key", ["license", "License", "LICENCE"])
def test_licence_is_spelt_as_one_likes(tmp_path: Path, key: str) -> None:
    assert said(tmp_path, f"{key}: MIT").licence == "MIT"


def test_without_one_nothing_is_said(tmp_path: Path) -> None:
    assert manifest.beside(tmp_path) == Manifest()


def test_a_files_own_goes_before_the_folders(tmp_path: Path) -> None:
    (tmp_path / "dataset.yaml").write_text("name: all")
    (tmp_path / "tracks.dataset.yaml").write_text("name: mine")
    assert manifest.beside(tmp_path / "tracks.csv").name == "mine"
    assert manifest.beside(tmp_path / "others.csv").name == "all"


def test_a_number_is_a_name_and_control_characters_are_not(tmp_path: Path) -> None:
    assert said(tmp_path, "name: 2024").name == "2024"
    assert said(tmp_path, 'name: "a\\e[31m\\n  b"').name == "a [31m b"


@pytest.mark.parametrize(
    "content",
    [
        "!!python/object/apply:os.system ['true']",
        "name: !!python/name:os.system",
        LAUGHS,
        "name: &x Moods\nlicence: *x",
        "[" * 20_000,
        "name: [unclosed",
        "- just\n- a list",
        "only text",
        "",
        "name: {a: b}",
        "licence: [CC0-1.0]",
        "licence: true",
        "licence: 4.0",
        "name: " + "x" * 300,
        b"\xff\xfe\x00bad",
        b"\x00\x01\x02",
        "x: " + "y" * manifest.MOST_BYTES,
    ],
)
def test_what_is_hostile_or_says_nothing_usable_is_refused_with_an_example(
    tmp_path: Path, content: str | bytes
) -> None:
    with pytest.raises(ManifestError, match="It should read") as error:
        said(tmp_path, content)
    assert len(str(error.value)) < 400


def test_a_date_that_is_none_does_not_hide_the_name(tmp_path: Path) -> None:
    with pytest.raises(ManifestError):
        said(tmp_path, "name: a\nmade: 2024-13-45")
    assert said(tmp_path, "name: a\nmade: 2024-13-45T99").name == "a"


@given(st.binary(max_size=200))
def test_whatever_it_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    reason = "It should read"
    try:
        said(folder, content)
    except ManifestError as error:
        reason = str(error)
    assert "It should read" in reason
