"""Writes an extended history of about so many plays: a zip and, beside it, the same files unpacked."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

from simulator import truth_frames, write_extended_frames

_PLAYS_A_FRAME = 300_000
_PLAYS_A_LISTENER = 100_000
_SEED = 7


def prepare(plays: str, export: str, unpacked: str) -> Callable[[], dict[str, int]]:
    """Tells ``rows`` and ``bytes`` (unpacked)."""

    def job() -> dict[str, int]:
        listeners = max(1, int(plays) // _PLAYS_A_LISTENER)
        frames = truth_frames(_SEED, listeners, int(plays), batch=_PLAYS_A_FRAME)
        rows = write_extended_frames(frames, Path(export), seed=_SEED)
        with ZipFile(export) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".json")]
            archive.extractall(unpacked, [member.filename for member in members])
        return {"rows": rows, "bytes": sum(member.file_size for member in members)}

    return job
