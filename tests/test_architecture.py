"""Which module may know which, and that importing one does nothing. Each rule is held against a planted offence."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("assets", "pipelines", "resources", "simulator", "serving")
MAY_IMPORT = {
    "resources": {"resources"},
    "assets": {"assets", "resources"},
    "pipelines": {"pipelines", "assets", "resources", "simulator"},
    "simulator": {"simulator"},
    "serving": {"serving", "assets", "resources"},
}
SPEAKS_DAGSTER = re.compile(
    r"(assets/(.*/)?(assets|checks)\.py|assets/(partitions|automation|specs)\.py|pipelines/.*\.py)"
)
SPEAKS_DAGSTER_IN_FUNCTIONS = {"resources/dagster_home.py", "assets/marts/dbt.py"}

Tree = Mapping[str, str]
"""Source text by path from the root."""


def sources() -> Tree:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in found}


def imported(code: ast.AST) -> Iterator[str]:
    """Names of the modules that a piece of code imports."""
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module if node.module and not node.level else "." * node.level


def at_module_level(code: ast.Module) -> Iterator[str]:
    """The same, outside functions and ``if TYPE_CHECKING``."""
    for node in code.body:
        is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not is_for_types:
            yield from imported(node)


def wrong_ways(tree: Tree) -> list[str]:
    """Imports against pipelines -> assets -> resources, and relative ones, which would hide it."""
    ours = set(MAY_IMPORT)
    return [
        f"{path}: {module}"
        for path, text in tree.items()
        for module in imported(ast.parse(text))
        if (top := module.split(".")[0]) not in MAY_IMPORT[path.split("/")[0]]
        and (top in ours or module[0] == ".")
    ]


def strangers_to_dagster(tree: Tree) -> list[str]:
    """Files that import Dagster and may not."""
    found = []
    for path, text in tree.items():
        code = ast.parse(text)
        names = at_module_level(code) if path in SPEAKS_DAGSTER_IN_FUNCTIONS else imported(code)
        if not SPEAKS_DAGSTER.fullmatch(path) and any(
            re.match(r"dagster(_\w+)?(\.|$)", name) for name in names
        ):
            found.append(path)
    return found


def test_imports_run_one_way() -> None:
    assert wrong_ways(sources()) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("resources/lake.py", "from assets.tables import PLAYS"),
        ("assets/store.py", "import pipelines.run"),
        ("simulator/chance.py", "def f():\n    from resources.world import World"),
        ("serving/api.py", "from pipelines.publish import publish"),
        ("assets/stats/tops.py", "from ..store import replace"),
    ],
)
def test_an_import_the_wrong_way_is_noticed(path: str, text: str) -> None:
    assert len(wrong_ways({path: text})) == 1


def test_only_the_orchestration_speaks_dagster() -> None:
    assert strangers_to_dagster(sources()) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("assets/store.py", "import dagster as dg"),
        ("assets/stats/tops.py", "def f():\n    from dagster import asset"),
        ("resources/dagster_home.py", "from dagster import DagsterInstance"),
        ("resources/lake.py", "import dagster_postgres.utils"),
        ("serving/api.py", "from dagster._core import x"),
        ("assets/stats/assets_of_others.py", "import dagster"),
    ],
)
def test_dagster_in_the_wrong_place_is_noticed(path: str, text: str) -> None:
    assert strangers_to_dagster({path: text}) == [path]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("resources/dagster_home.py", "def f():\n    from dagster import DagsterInstance"),
        ("assets/stats/assets.py", "import dagster as dg"),
        ("assets/automation.py", "import dagster as dg"),
    ],
)
def test_dagster_in_its_place_is_not(path: str, text: str) -> None:
    assert strangers_to_dagster({path: text}) == []


# Nothing happens at import

WATCH = """
import os, sys

ours, root = sys.argv[2:], os.path.abspath(sys.argv[1])
home = tuple({os.path.realpath(p) for p in (sys.prefix, sys.base_prefix)} | {sys.prefix, sys.base_prefix})

def module_of_ours():  # None where Python itself reads a module, ours or another's
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return None
        if name.startswith(root) and not name.startswith(home):
            return name
        frame = frame.f_back
    return None

def hook(event, arguments):
    if event == "socket.connect" or event.startswith("subprocess.") or event in ("os.system", "os.mkdir", "os.listdir"):
        if (name := module_of_ours()) is not None:
            print(f"{event} {arguments[:1]!r} at import of {name}")
    elif event == "open" and (name := module_of_ours()) is not None:
        path = str(arguments[0])
        if not path.startswith(home) and "zoneinfo" not in path:
            print(f"open {path} at import of {name}")

class Watched(type(os.environ)):
    def __getitem__(self, key):
        if str(key).startswith("LONGPLAY_"):
            print(f"environment {key} was read")
        return super().__getitem__(key)

environ = os.environ
os.environ = Watched(environ._data, environ.encodekey, environ.decodekey, environ.encodevalue, environ.decodevalue)
sys.path.insert(0, root)
sys.addaudithook(hook)
import importlib
for module in ours:
    importlib.import_module(module)
print("imported", len(ours))
"""


def what_happens_at_import(root: Path, modules: list[str]) -> list[str]:
    """What importing modules of ``root`` does beside reading Python: files, sockets, processes, our settings."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WATCH, str(root), *modules],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *happened, last = done.stdout.splitlines()
    assert last == f"imported {len(modules)}"
    return happened


def test_importing_anything_does_nothing() -> None:
    is_alembics = re.compile(r"migrations/(env|versions/.*)\.py$")  # run by Alembic, never imported by us
    paths = sorted(path for path in sources() if not is_alembics.search(path))
    modules = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in paths]
    assert what_happens_at_import(ROOT, modules) == []


@pytest.mark.parametrize(
    ("text", "happens"),
    [
        ("open('data.txt', 'w').close()", "open data.txt"),
        ("import os\nHOME = os.environ.get('LONGPLAY_HOME')", "environment LONGPLAY_HOME"),
        ("import subprocess\nsubprocess.run(['true'])", "subprocess.Popen"),
        (
            "import socket\ns = socket.socket()\ns.settimeout(0.01)\ns.connect_ex(('127.0.0.1', 9))",
            "socket.connect",
        ),
        ("from pathlib import Path\nPath('new').mkdir()", "os.mkdir"),
    ],
)
def test_what_a_module_does_at_import_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, happens: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eager.py").write_text(text)
    assert any(line.startswith(happens) for line in what_happens_at_import(tmp_path, ["eager"]))


# Words that may not be in the repository

REGISTRIES = [
    ("pypi", "org"),
    ("python" + "hosted", "org"),
    ("registry", "npmjs", "org"),
    ("proxy", "golang", "org"),
]
FOLDERS = ("work", "home", "Users", "root")
FORBIDDEN = re.compile(
    "|".join(
        [*(r"\.".join(host) for host in REGISTRIES), *(rf"(?<![\w./$-])/{top}/[\w.-]+/" for top in FOLDERS)]
    )
)


def forbidden(texts: Mapping[str, str]) -> list[str]:
    """Lines with a package registry's host or an absolute path of somebody's machine."""
    return [
        f"{path}:{number}: {found.group()}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (found := FORBIDDEN.search(line))
    ]


def repository() -> Iterator[tuple[str, str]]:
    """Every text file that git knows or would know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes())[:4096]:
            yield name, content.decode(errors="replace")


def test_the_repository_names_no_registry_and_no_machine() -> None:
    assert forbidden(dict(repository())) == []


@pytest.mark.parametrize(
    "line",
    [
        "index-url = https://" + "pypi." + "org/simple",
        "url = https://files.python" + "hosted.org/packages/a.whl",
        "cd " + "/work" + "/main/tests",
        "open('" + "/home" + "/ada/export.zip')",
    ],
)
def test_a_forbidden_word_is_noticed(line: str) -> None:
    assert forbidden({"a.md": f"fine\n{line}\n"})[0].startswith("a.md:2")


@pytest.mark.parametrize(
    "line", ["data/home/lake/plays", "https://example.org/home/ada/", "$HOME/home/music/"]
)
def test_what_only_looks_like_one_is_not(line: str) -> None:
    assert forbidden({"a.md": line}) == []
