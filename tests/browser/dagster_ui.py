"""The ways through Dagster's UI that a person takes, in clicks."""

from collections.abc import Sequence

from screen import Screen
from selenium.webdriver.common.keys import Keys

BACKFILL_WITHIN_S = 150.0
"""The daemon looks at backfills every 30 s: once to start one, and once or twice to see that it ended."""


def open_lineage(screen: Screen) -> None:
    """The asset graph, from wherever we are."""
    screen.click("Lineage", tag="a")
    screen.see("Global asset lineage")


def open_group(screen: Screen, group: str) -> None:
    """The tables of a group, beside the asset graph."""
    open_lineage(screen)
    screen.click_at(f"//button[.//div[@title='{group}']]/preceding::button[1]", f"the group {group}")


def open_asset(screen: Screen, name: str) -> None:
    """The page of an asset, through the catalog."""
    choose_assets(screen, f'key:"{name}"')
    screen.click_at(f"//a[@href='/assets/{name}']", f"the table {name}")
    screen.see("Description")


def choose_assets(screen: Screen, selection: str) -> None:
    """The catalog, narrowed to a selection typed into its search box."""
    screen.click("Catalog", tag="a")
    screen.click_at("//*[contains(@class, 'CodeMirror-lines')]", "the search box")
    screen.type(selection, Keys.ENTER)


def launch_backfill(screen: Screen, names: Sequence[str], months: str) -> str:
    """Launches months, such as "[2024-01...2024-06]", of some assets; returns the backfill's id."""
    choose_months(screen, names, months)
    screen.click("Launch backfill")
    created = screen.find("//*[contains(text(), 'Created backfill')]", "the backfill's id")
    return created.text.split()[-1]


def choose_months(screen: Screen, names: Sequence[str], months: str) -> None:
    """Fills in the dialog that launches months of some assets."""
    choose_assets(screen, " or ".join(f'key:"{name}"' for name in names))
    for name in names:
        screen.click_at(f"//label[input[@data-testid='checkbox-{name}']]", f"the box before {name}")
    screen.click(f"Materialize selected ({len(names)})…")
    screen.click("Confirm")
    screen.see("Partition selection")
    screen.click_at("//input[starts-with(@placeholder, 'ex:')]", "the months")
    screen.type(months, Keys.TAB)


def open_backfill(screen: Screen, backfill_id: str) -> None:
    """The page of a backfill, through the list of runs."""
    screen.click("Runs", tag="a")
    screen.click(backfill_id, tag="a")


def open_run(screen: Screen, job: str) -> None:
    """The page of the newest run of a job, through the list of runs."""
    screen.click("Runs", tag="a")
    row = f"//div[contains(@class, 'rowGrid')][.//a[normalize-space(.)='{job}']]"
    screen.click_at(f"({row}//a[normalize-space(.)='View'])[1]", f"a run of {job}")


def see_check_passed(screen: Screen, name: str) -> None:
    """A check on the page of an asset's checks, with its outcome beside it."""
    screen.find(f"//span[div[@title='{name}']]/span[.='Succeeded']", f"that the check {name} passed")


def show_picture(screen: Screen, name: str) -> int:
    """Opens a picture among an asset's metadata; returns its width in pixels as drawn."""
    row = f"//tr[.//*[normalize-space(text())='{name}']]"
    screen.click_at(f"{row}//*[contains(text(), 'Show Markdown')]", f"the picture “{name}”")
    picture = screen.find("//img[starts-with(@src, 'data:image/svg')]", f"the picture “{name}”")
    return screen.wait(lambda: int(str(picture.get_property("naturalWidth"))), "a picture")


def see_backfill_succeed(screen: Screen, months: int, tables: Sequence[str]) -> None:
    """The page of a backfill, once every month of its tables is made."""
    screen.see("Succeeded", tag="span", within_s=BACKFILL_WITHIN_S)
    for name in tables:
        row = f"//div[contains(@class, 'rowGrid')][.//a[@href='/assets/{name}']]"
        screen.find(
            f"{row}[div[2]='{months}' and div[4]='{months}' and div[5]='0']", f"{months} months of {name}"
        )
