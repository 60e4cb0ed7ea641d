"""Where an export's files go: a zip, or a folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

Write = Callable[[str, bytes], None]
_PACKED_AT = (2025, 1, 31, 12, 0, 0)


@contextmanager
def opened_package(path: Path) -> Iterator[Write]:
    """A function that adds a named file: to a zip if ``path`` ends in .zip, else below the folder ``path``.

    The same files give the same zip, byte for byte.
    """
    if path.suffix == ".zip":
        path.parent.mkdir(parents=True, exist_ok=True)
        with ZipFile(path, "w") as archive:
            yield lambda name, content: _add(archive, name, content)
    else:
        yield lambda name, content: _lay(path / name, content)


def _add(archive: ZipFile, name: str, content: bytes) -> None:
    info = ZipInfo(name, _PACKED_AT)
    info.external_attr = 0o644 << 16
    archive.writestr(info, content, ZIP_DEFLATED, compresslevel=4)


def _lay(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
