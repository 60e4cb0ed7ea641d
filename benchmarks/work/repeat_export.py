"""Writes the files of an export several times into one, larger export."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile


def prepare(unpacked: str, times: str, export: str, larger: str) -> Callable[[], None]:
    """A zip ``export``, and beside it the folder ``larger`` of the same files, which are links."""
    files = sorted(path for path in Path(unpacked).rglob("*.json"))
    folder = Path(larger)

    def job() -> None:
        folder.mkdir(parents=True)
        with ZipFile(export, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            for number in range(int(times)):
                for file in files:
                    name = f"{number}_{file.name}"
                    archive.write(file, name)
                    (folder / name).hardlink_to(file)

    return job
