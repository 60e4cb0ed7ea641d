"""Makes the pictures of the documentation anew: ``python docs/screenshots.py``, by hand, in some two minutes.

It runs ``longplay demo`` in a home of its own, then takes the same ways through the Dagster UI as
``tests/browser`` does, with Debian's chromium and chromium-driver. Look at what it made before you commit it.
"""

import re
import sys
from base64 import b64decode
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "browser")]

from dagster_ui import choose_months, open_asset, see_check_passed, show_picture  # noqa: E402
from longplay_process import longplay, longplay_up  # noqa: E402
from PIL import Image  # noqa: E402
from rich.console import Console  # noqa: E402
from screen import Screen, chromium  # noqa: E402

from pipelines import dashboard  # noqa: E402
from resources.settings import Settings  # noqa: E402
from resources.world import World  # noqa: E402

IMAGES = Path(__file__).parent / "images"
_LISTENING = ("listening", "catalog", "people", "stats", "marts")
_TASTES = ("datasets", "recommendations", "trust")
_FRESH = "localStorage.clear(); localStorage.setItem('asset-node-facets', '[\"latest-event\"]')"
_MARGIN_PX = 24.0
_BOX = (
    "const boxes = [...document.querySelectorAll(arguments[0])].map(e => e.getBoundingClientRect())"
    ".filter(b => b.width && b.height);"
    "const left = Math.min(...boxes.map(b => b.left)), top = Math.min(...boxes.map(b => b.top));"
    "return [left, top, Math.max(...boxes.map(b => b.right)) - left,"
    " Math.max(...boxes.map(b => b.bottom)) - top]"
)


def main() -> None:
    """Every picture."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        longplay(folder / "home", "demo", "--seed", "3")
        terminal(folder / "home")
        log = folder / "up.log"
        with longplay_up(folder / "home", log) as url, chromium(folder / "profile") as driver:
            screen = Screen(driver, url, log)
            screen.open()
            for picture in (asset_graph, taste_graph, plays, checks, backfill):
                driver.execute_script(_FRESH)
                screen.open()
                picture(screen)


def terminal(home: Path) -> None:
    """What the terminal shows after an import; without the font that rich would have readers download."""
    world = World(Settings(home=home))
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=88, file=nowhere, highlight=False)
        dashboard.show(console, world.lake, "demo", world.operational.list_imports())
    svg = console.export_svg(title="longplay demo", unique_id="terminal")
    (IMAGES / "terminal.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


def asset_graph(screen: Screen) -> None:
    """What is listened to, by group."""
    _graph(screen, "asset-graph", _LISTENING, ("raw_plays", "year_in_music", "top_tracks"))


def taste_graph(screen: Screen) -> None:
    """What people bring and say of it, by group."""
    _graph(screen, "taste-graph", _TASTES, ("dataset_quality", "listener_profiles", "trust_blocks"))


def _graph(screen: Screen, name: str, groups: Sequence[str], seen: Sequence[str]) -> None:
    """Tables of some groups; the snapshot, which every table leads to, is not among them for its threads."""
    screen.driver.set_window_size(1100, 2700)
    opened = quote(",".join(f"global@global:{group}" for group in groups), safe="")
    shown = quote(" or ".join(f'group:"{group}"' for group in groups), safe="")
    screen.open(f"/asset-groups~{shown}/?expanded={opened}")
    screen.click("Hide navigation")
    screen.click_at("//button[.//*[@aria-label='panel_show_right']]", "the arrow that hides the list")
    for table in seen:
        screen.see(table)
    _save(screen, name, _still(screen, "foreignObject"), scale=2.0)


def plays(screen: Screen) -> None:
    """The page of plays, with its picture open."""
    screen.driver.set_window_size(1500, 1060)
    open_asset(screen, "plays")
    screen.click("Hide navigation")
    show_picture(screen, "plays a month")
    _save(screen, "plays", _still(screen, "body"))


def checks(screen: Screen) -> None:
    """The checks of plays."""
    screen.driver.set_window_size(1300, 800)
    open_asset(screen, "plays")
    screen.click("Checks", tag="a")
    see_check_passed(screen, "has_unique_key")
    screen.see("Latest execution")
    screen.click("Hide navigation")
    _save(screen, "checks", _still(screen, "body"))


def backfill(screen: Screen) -> None:
    """Half a year of two tables, about to be made again."""
    screen.driver.set_window_size(1300, 1000)
    choose_months(screen, ["plays", "play_months"], "[2024-01...2024-06]")
    screen.see("6 partitions")
    _save(screen, "backfill", _still(screen, "[class*='Dialog_dialog__'], [role='dialog']"))


def _still(screen: Screen, selector: str) -> list[float]:
    """Left, top, width and height of what a selector finds, once nothing of it moves."""
    seen: list[list[float]] = []

    def is_still() -> bool:
        seen.append(screen.driver.execute_script(_BOX, selector))
        return len(seen) > 10 and all(box == seen[-1] for box in seen[-10:])

    screen.wait(is_still, "a picture that stands still")
    return seen[-1]


def _save(screen: Screen, name: str, box: list[float], *, scale: float = 1.0) -> None:
    left, top, width, height = box
    margin = _MARGIN_PX if left else 0.0
    clip = {
        "x": max(left - margin, 0.0),
        "y": max(top - margin, 0.0),
        "width": width + 2 * margin,
        "height": height + 2 * margin,
        "scale": scale,
    }
    shot = screen.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
    picture = Image.open(BytesIO(b64decode(shot["data"]))).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
