"""The generated references say what the code says, and the README names real things."""

import re
from pathlib import Path

import pytest

from assets.marts.registry import marts
from assets.tables import LAKE_TABLES
from assets.views import DBT_PROJECT
from docs.reference import pages

REPOSITORY = Path(__file__).parent.parent
DOCS = REPOSITORY / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text() == pages()[name], "run `make docs`"


def test_every_table_is_documented() -> None:
    text = (DOCS / "tables.md").read_text()
    for name in (*LAKE_TABLES, *marts(DBT_PROJECT)):
        assert f"### {name}\n" in text


def test_every_local_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (REPOSITORY / "README.md").read_text())
    assert links
    assert [link for link in links if not (REPOSITORY / link).exists()] == []


def test_every_command_the_readme_shows_exists() -> None:
    from docs.reference import commands

    shown = set(re.findall(r"longplay ([a-z-]+(?: [a-z-]+)?)", (REPOSITORY / "README.md").read_text()))
    known = re.findall(r"^## longplay ([a-z-]+)(?: ([a-z-]+))?$", commands(), flags=re.MULTILINE)
    groups = {group for group, name in known if name}
    typed = {" ".join(words.split()[: 2 if words.split()[0] in groups else 1]) for words in shown}
    assert typed - {" ".join(filter(None, words)) for words in known} == set()


def test_every_make_target_the_readme_shows_exists() -> None:
    shown = set(
        re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", (REPOSITORY / "README.md").read_text(), re.MULTILINE)
    )
    shown = {name for pair in shown for name in pair if name}
    known = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE))
    assert shown - known == set()
