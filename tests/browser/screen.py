"""A person before a browser: what they see, and what they click."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from longplay_process import NotInTimeError, T, eventually
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

CHROMIUM: Final = "/usr/bin/chromium"
CHROMEDRIVER: Final = "/usr/bin/chromedriver"
SEEN_WITHIN_S: Final = 120
_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1600,1000",
)


def has_browser() -> bool:
    """Whether Debian's Chromium and its driver are installed."""
    return all(map(shutil.which, (CHROMIUM, CHROMEDRIVER)))


@contextmanager
def chromium(profile: Path, *, pixel_ratio: float = 1.0) -> Iterator[WebDriver]:
    """A headless browser with a fresh profile; it has ended when the block has."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*_FLAGS, f"--user-data-dir={profile}", f"--force-device-scale-factor={pixel_ratio}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@dataclass(frozen=True)
class Screen:
    """One window on the UI at ``url``; what is not seen in time is explained with a picture and ``log``."""

    driver: WebDriver
    url: str
    log: Path

    def open(self, path: str = "/") -> None:
        """Types an address."""
        self.driver.get(self.url + path)

    def see(self, text: str, *, tag: str = "*", within_s: float = SEEN_WITHIN_S) -> WebElement:
        """The first shown element that says just this, as soon as there is one."""
        own = "normalize-space(text())" if tag == "*" else "normalize-space(.)"
        return self.find(f"//{tag}[{own}={_quoted(text)}]", f"“{text}”", within_s=within_s)

    def find(self, xpath: str, what: str, *, within_s: float = SEEN_WITHIN_S) -> WebElement:
        """The first shown element at an XPath, as soon as there is one."""
        return self.wait(lambda: self._shown(xpath), what, within_s)

    def click(self, text: str, *, tag: str = "button") -> None:
        """Clicks what says just this, once it is there and nothing covers it."""
        self.click_at(f"//{tag}[normalize-space(.)={_quoted(text)}]", f"“{text}”")

    def click_at(self, xpath: str, what: str) -> None:
        """Clicks what is at an XPath, once it is there and nothing covers it."""
        self.wait(lambda: self._clicked(xpath), f"to click {what}")

    def wait(self, find: Callable[[], T | None], what: str, within_s: float = SEEN_WITHIN_S) -> T:
        """What ``find`` returns once that is true."""
        try:
            return eventually(find, f"{what} on {self.driver.current_url}", within_s)
        except NotInTimeError as error:
            picture = self.log.with_suffix(".png")
            self.driver.save_screenshot(str(picture))
            error.add_note(
                f"The screen is in {picture}. What longplay up said:\n{self.log.read_text()[-4000:]}"
            )
            raise

    def type(self, text: str, *keys: str) -> None:
        """Types into what has the focus."""
        ActionChains(self.driver).send_keys(text, *keys).perform()

    def press_alt(self, key: str) -> None:
        """A shortcut of the UI."""
        ActionChains(self.driver).key_down(Keys.ALT).send_keys(key).key_up(Keys.ALT).perform()

    def _shown(self, xpath: str) -> WebElement | None:
        try:
            found = self.driver.find_elements(By.XPATH, xpath)
            return next((element for element in found if element.is_displayed()), None)
        except WebDriverException:  # it was drawn anew while we looked
            return None

    def _clicked(self, xpath: str) -> bool:
        element = self._shown(xpath)
        try:
            if element is None or not element.is_enabled():
                return False
            element.click()
        except WebDriverException:  # covered, moving, or drawn anew
            return False
        return True


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text else f"'{text}'"
