"""The command line. What a command does is in the modules it calls; here is what a person types and sees."""

import os
import sys
import warnings
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.ask import Format
from pipelines.exit_codes import Exit, exit_of
from pipelines.given import path_given, sorted_out, text_given, why_not_read, why_not_written
from pipelines.terminal import Terminal, ready_streams, settle_streams
from resources.listeners import composed

if TYPE_CHECKING:  # settings and the database are loaded by commands, not for --help
    from resources.settings import Settings
    from resources.world import World

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Turns what people listened to into tables they own.",
)
_STOPPED = "Stopped. Running the same command again goes on where it matters."
_out, _err = Terminal(highlight=False), Terminal(stderr=True, highlight=False)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version  # noqa: PLC0415

        _out.print(f"longplay {version('longplay')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Tell the version and exit.", is_eager=True, callback=_tell_version)
]
User = Annotated[
    str | None,
    typer.Option("--user", help="Whose listening it is.", parser=lambda name: composed(text_given(name))),
]
Yes = Annotated[bool, typer.Option("--yes", help="It is theirs, even if it looks like another person's.")]
Zone = Annotated[
    str | None, typer.Option("--time-zone", help="IANA zone days are counted in.", parser=text_given)
]


@app.callback()
def _anything(_version: Version = False) -> None:
    """What every command takes."""


@app.command("import")
def import_(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, folders or zips.", show_default=False, parser=path_given)
    ],
    user: User = None,
    yes: Yes = False,
    time_zone: Zone = None,
    as_feedback: Annotated[
        bool, typer.Option("--as-feedback", help="They are lists of loved tracks: take them as likes.")
    ] = False,
) -> None:
    """Import exports and make the tables; exit 0 when every row is accounted for, 2 on an unreadable file."""
    found, wrong = sorted_out(paths)
    for why in wrong:
        _out.print(why, style="red", markup=False, soft_wrap=True)
    if not found:
        raise typer.Exit(Exit.UNREADABLE)
    if as_feedback:
        from pipelines.feedback import like_loved  # noqa: PLC0415

        world = _world()
        ended = like_loved(world, _out, found, user or world.settings.user)
        raise typer.Exit(Exit.UNREADABLE if wrong else ended)
    from pipelines import commands  # noqa: PLC0415 - Dagster loads here, not for --help

    world = _world()
    user_id = user or world.settings.user
    zone = time_zone if time_zone is not None else _ask_time_zone(world, user_id)
    if zone:
        _set_time_zone(world, user_id, zone)
    ended = commands.import_paths(world, _out, found, user_id, is_confirmed=yes)
    raise typer.Exit(Exit.UNREADABLE if wrong else ended)


@app.command()
def demo(
    plays: Annotated[int, typer.Option(min=1, help="How many plays to invent.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another listener.")] = 3,
    live: Annotated[
        bool, typer.Option("--live", help="Link and follow an account at a Spotify of our own instead.")
    ] = False,
) -> None:
    """Invent a realistic history, make every table, and show what was found."""
    from pipelines import commands  # noqa: PLC0415

    if live:
        from pipelines.live_demo import demo_live  # noqa: PLC0415

        raise typer.Exit(demo_live(_world(), _out, seed))
    raise typer.Exit(commands.demo(_world(), _out, plays, seed))


@app.command()
def materialize(
    tables: Annotated[
        list[str] | None, typer.Argument(help="Tables to make again; all when none.", parser=text_given)
    ] = None,
) -> None:
    """Make tables again from raw rows."""
    from pipelines import commands  # noqa: PLC0415

    raise typer.Exit(commands.materialize(_world(), _out, tables or []))


@app.command()
def sql(
    query: Annotated[
        str, typer.Argument(help='For example "SELECT * FROM top_artists LIMIT 5".', parser=text_given)
    ],
    output: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.TABLE,
) -> None:
    """Ask the published tables with DuckDB SQL."""
    from pipelines.ask import ask  # noqa: PLC0415

    ask(_world(), query, output)


@app.command()
def status(
    is_json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
) -> None:
    """Imports, what became of their rows, and how current the tables are."""
    from pipelines import status as about  # noqa: PLC0415

    about.show(_world(), _out, is_json=is_json)


@app.command()
def undo(
    import_id: Annotated[str, typer.Argument(help="As `longplay status` shows it.", parser=text_given)],
) -> None:
    """Take an import back: its rows leave every table, as if it had never been."""
    from pipelines import commands  # noqa: PLC0415

    raise typer.Exit(commands.undo(_world(), _out, import_id))


@app.command()
def link(user: User = None) -> None:
    """Link a Spotify account: from then on its plays arrive by themselves while `longplay up` runs."""
    from pipelines.link import link as ask  # noqa: PLC0415

    world = _world()
    raise typer.Exit(ask(world, _out, user or world.settings.user, webbrowser.open))


@app.command()
def unlink(user: User = None) -> None:
    """Forget a linked account and its tokens; the plays stay."""
    from pipelines import accounts  # noqa: PLC0415

    world = _world()
    raise typer.Exit(accounts.unlink(world, _out, user or world.settings.user))


@app.command()
def sync(user: User = None) -> None:
    """Ask Spotify now what the linked accounts played (`longplay up` does it by itself)."""
    from pipelines import accounts  # noqa: PLC0415

    raise typer.Exit(accounts.sync(_world(), _out, [user] if user else []))


@app.command()
def retry(user: User = None) -> None:
    """Run what failed again, as `longplay status` lists it."""
    from pipelines import commands  # noqa: PLC0415

    raise typer.Exit(commands.retry(_world(), _out, [user] if user else []))


@app.command("rotate-key")
def rotate_key() -> None:
    """Seal the tokens of linked accounts with a new key."""
    from resources.spotify.key_rotation import rotate  # noqa: PLC0415

    world = _world()
    count = rotate(world.settings, world.operational.engine)
    _out.print(f"Sealed again with the new key: {count} secrets.")


@app.command()
def backup(path: Annotated[Path, typer.Argument(help="The file to write.", parser=path_given)]) -> None:
    """Write everything (PostgreSQL and the lake, as of one moment) to one file."""
    from resources.backup import backup as write  # noqa: PLC0415

    _refuse(why_not_written(path))
    world = _world()
    world.operational  # noqa: B018 - migrated before it is copied
    write(world.settings, path, world.clock)
    _out.print(f"Wrote {path} ({path.stat().st_size / 1e6:,.1f} MB).", markup=False)


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(help="A file that `longplay backup` wrote.", parser=path_given)],
    force: Annotated[bool, typer.Option("--force", help="Replace what this home holds.")] = False,
) -> None:
    """Bring a backup back into this home."""
    from resources.restore import restore as read  # noqa: PLC0415

    _refuse(why_not_read(path))
    read(_settings(), path, force=force)
    _out.print("Restored. `longplay status` shows what came back.")


@app.command()
def up(
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65_535, help="Port of the UI; else LONGPLAY_WEBSERVER_PORT."),
    ] = None,
) -> None:
    """Run PostgreSQL, the Dagster UI and the daemon until Ctrl-C."""
    from pipelines.up import run_until_stopped  # noqa: PLC0415

    given = {} if port is None else {"webserver_port": port}
    raise typer.Exit(run_until_stopped(_settings(**given), _out))


@app.command("open")
def open_() -> None:
    """Open the Dagster UI of a running `longplay up` in the browser."""
    from pipelines.open_ui import open_ui  # noqa: PLC0415

    _out.print(open_ui(_settings(), webbrowser.open), markup=False, soft_wrap=True)


@app.command()
def doctor() -> None:
    """Look at all that Longplay stands on: a line each, with what to do; exit 1 when something is wrong."""
    from pipelines.doctor import examine  # noqa: PLC0415

    raise typer.Exit(examine(_out))


@app.command()
def feedback(  # noqa: PLR0913, PLR0917 - what feedback may say
    kind: Annotated[
        str, typer.Argument(help="play, skip, like, dislike, favorite or rate.", parser=text_given)
    ],
    track: Annotated[
        str,
        typer.Argument(help='A Spotify link, URI or id, a name id, or "artist - title".', parser=text_given),
    ],
    rating: Annotated[float | None, typer.Option("--rating", help="0 to 1, for rate.")] = None,
    user: User = None,
    at: Annotated[
        datetime | None, typer.Option("--at", help="When it was, in UTC; now when not told.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", help="Your own name for it: sent twice, it counts once.", parser=text_given),
    ] = None,
) -> None:
    """Say what you think of a track: it moves your tastes, and the track's trust."""
    from pipelines.feedback import give  # noqa: PLC0415

    world = _world()
    when = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
    user_id = user or world.settings.user
    raise typer.Exit(give(world, _out, kind, track, user_id, rating=rating, at=when, key=key))


@app.command()
def prefer(
    kind: Annotated[str, typer.Argument(help="genre, artist or mood.", parser=text_given)],
    name: Annotated[str, typer.Argument(help="Its name.", parser=text_given)],
    weight: Annotated[float, typer.Argument(help="Where your taste starts: 0 (not at all) to 1.")],
    user: User = None,
) -> None:
    """Say what you like before your listening does: a weight starts there instead of at 0.5."""
    from pipelines.feedback import prefer as start  # noqa: PLC0415

    world = _world()
    user_id = user or world.settings.user
    raise typer.Exit(start(world, _out, kind, name, weight=weight, user_id=user_id))


dataset_app = typer.Typer(no_args_is_help=True, help="Datasets of tracks that tell genres, moods and more.")
app.add_typer(dataset_app, name="dataset")


@dataset_app.command("add")
def dataset_add(
    path: Annotated[
        Path,
        typer.Argument(help="CSV, JSON, JSONL or Parquet: a file, or a folder of them.", parser=path_given),
    ],
    licence: Annotated[
        str | None, typer.Option(help="SPDX expression; else as dataset.yaml says.", parser=text_given)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call it; else as dataset.yaml says.", parser=text_given)
    ] = None,
) -> None:
    """Add a dataset: its licence is checked, its quality scored; good ones tell the catalogue more."""
    _refuse(why_not_read(path))
    from pipelines import dataset_commands  # noqa: PLC0415

    raise typer.Exit(dataset_commands.add(_world(), _out, path, licence, name))


@dataset_app.command("list")
def dataset_list(
    min_quality: Annotated[float, typer.Option(min=0, max=1, help="The least total that is shown.")] = 0.0,
) -> None:
    """Show the datasets, best first, and why some were rejected."""
    from pipelines import dataset_commands  # noqa: PLC0415

    raise typer.Exit(dataset_commands.listing(_world(), _out, min_quality))


@dataset_app.command("remove")
def dataset_remove(
    name: Annotated[str, typer.Argument(help="Its id or its name.", parser=text_given)],
) -> None:
    """Remove a dataset; what it told the catalogue goes with it."""
    from pipelines import dataset_commands  # noqa: PLC0415

    raise typer.Exit(dataset_commands.remove(_world(), _out, name))


@app.command("time-zone")
def time_zone(
    zone: Annotated[str, typer.Argument(help="IANA zone such as Europe/Berlin.", parser=text_given)],
    user: User = None,
) -> None:
    """Tell the zone a listener's days are counted in."""
    world = _world()
    _set_time_zone(world, user or world.settings.user, zone)
    _out.print("Known from the next refresh on: `longplay materialize listeners` makes it now.")


chain_app = typer.Typer(no_args_is_help=True, help="The trust chain: verified, shown, proved, mended.")
app.add_typer(chain_app, name="chain")


@chain_app.command("verify")
def chain_verify() -> None:
    """Walk the whole trust chain; exit 0 when every byte is what was mined, 1 when not."""
    from pipelines import chain  # noqa: PLC0415

    raise typer.Exit(chain.verify(_world(), _out))


@chain_app.command("show")
def chain_show(
    blocks: Annotated[int, typer.Option(min=1, help="How many of the last blocks.")] = 10,
) -> None:
    """Show the last blocks, what is pending, and what is in the quarantine."""
    from pipelines import chain  # noqa: PLC0415

    raise typer.Exit(chain.show(_world(), _out, blocks))


@chain_app.command("proof")
def chain_proof(content: Annotated[str, typer.Argument(help="Id of a track.", parser=text_given)]) -> None:
    """Print a proof, as JSON, that a track's newest sealed record is in the chain."""
    from pipelines import chain  # noqa: PLC0415

    raise typer.Exit(chain.prove(_world(), _out, content))


@chain_app.command("repair")
def chain_repair() -> None:
    """Keep the longest valid prefix; the rest goes into the quarantine, and its records wait again."""
    from pipelines import chain  # noqa: PLC0415

    raise typer.Exit(chain.repair(_world(), _out))


@app.command()
def mine() -> None:
    """Seal pending trust records in blocks now (`longplay up` does it by itself)."""
    from pipelines import chain  # noqa: PLC0415

    raise typer.Exit(chain.mine(_world(), _out))


def main() -> None:
    """The program; an error a person can mend is one line, not a traceback."""
    warnings.filterwarnings("ignore", message="Parameter `owners`")  # Dagster warns of its own default
    ready_streams()
    try:
        app()
    except SystemExit as ended:  # Typer's help meets a reader that went away; so do words on a wrong option
        if isinstance(ended.__context__, BrokenPipeError):
            sys.exit(Exit.DONE if ended.__context__.__context__ is None else Exit.UNREADABLE)
        if ended.code == Exit.STOPPED:  # Typer ends on Ctrl-C without a word
            _err.print(_STOPPED)
        raise
    except KeyboardInterrupt:
        _err.print(_STOPPED)
        sys.exit(Exit.STOPPED)
    except Exception as error:
        if not _is_for_people(error):
            raise
        _err.print(" ".join(_words(error).split()), style="red", markup=False, soft_wrap=True)
        sys.exit(exit_of(error))
    finally:
        settle_streams()


def _is_for_people(error: Exception) -> bool:
    """Errors of our own say what to do; so does the system of files, and pydantic of settings."""
    ours = type(error).__module__.partition(".")[0] in ("assets", "pipelines", "resources")
    return ours or isinstance(error, OSError) or type(error).__name__ == "ValidationError"


def _words(error: Exception) -> str:
    if type(error).__name__ == "ValidationError":
        from pipelines.setting_errors import said  # noqa: PLC0415

        return said(error)  # type: ignore[arg-type] # pydantic's, which is not loaded for its name
    return str(error)


def _settings(**given: object) -> "Settings":
    """As the environment says, but for what was given at the command line."""
    from pipelines.setting_errors import UnusableHomeError  # noqa: PLC0415
    from resources.private import make_private  # noqa: PLC0415
    from resources.settings import Settings  # noqa: PLC0415

    settings = Settings(**given)  # type: ignore[arg-type]
    try:
        open_to_others = make_private(settings.home)
    except OSError as error:
        raise UnusableHomeError(settings.home, error.strerror or str(error)) from None
    if open_to_others:
        _err.print(open_to_others, style="yellow", markup=False, soft_wrap=True)
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
    return settings


def _world(**given: object) -> "World":
    from resources.world import World  # noqa: PLC0415

    return World(_settings(**given))


def _ask_time_zone(world: "World", user_id: str) -> str:
    """Asked once, at a person's first import, where there is somebody to answer."""
    known = {row["user_id"] for row in world.operational.list_users()}
    if user_id in known or not sys.stdin.isatty():
        return ""
    question = f"Time zone of {user_id}, such as Europe/Berlin (empty: guessed from the country)"
    return str(typer.prompt(question, default="", show_default=False))


def _set_time_zone(world: "World", user_id: str, zone: str) -> None:
    from zoneinfo import available_timezones  # noqa: PLC0415

    if zone not in available_timezones():
        _fail(f"{zone} is no IANA time zone; write it as Europe/Berlin or America/New_York.")
    world.operational.set_time_zone(user_id, zone, world.clock())


def _refuse(why: str | None) -> None:
    """Ends the command when there is a reason why a path is of no use."""
    if why is not None:
        _out.print(why, style="red", markup=False, soft_wrap=True)
        raise typer.Exit(Exit.UNREADABLE)


def _fail(message: str) -> None:
    _err.print(f"[red]{message}[/]" if "[" not in message else message, markup="[" not in message)
    raise typer.Exit(Exit.UNREADABLE)
