"""What each mart is made from and checked by, as dbt tells it: kept in the dbt project, ready to be read.

Only dbt knows what a model reads and how it names a test, and loading it takes seconds and a hundred
megabytes, in every process that loads the definitions. So what it tells is written down. After a change of
what a mart reads or how it is tested: ``python -m assets.marts.dbt``; a test holds that it is current.
"""

from collections.abc import Mapping
from hashlib import sha1

import msgspec

from assets.views import DBT_PROJECT

FILE = DBT_PROJECT / "lineage.json"


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dbt test of a mart; ``reads`` names other tables that it looks at."""

    is_blocking: bool = True
    reads: list[str] = []


class Lineage(msgspec.Struct, frozen=True):
    """Of one mart: the tables it is made from, and its checks by name."""

    made_from: list[str]
    checks: dict[str, Check]


def lineages() -> Mapping[str, Lineage]:
    """Every mart by name, as it was written down."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Lineage])


def code_version(mart: str) -> str:
    """Another one for another SQL."""
    [file] = DBT_PROJECT.glob(f"models/marts/**/{mart}.sql")
    return sha1(file.read_text().strip().encode(), usedforsecurity=False).hexdigest()


def written(found: Mapping[str, Lineage]) -> bytes:
    """As the file has it."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
