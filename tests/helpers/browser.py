"""A real Chromium for tests of pages: what it shows, its errors, and its requests."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_DRIVERS = ("chromedriver", "chromium.chromedriver")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    # Only this machine can be reached. A request to any other host fails, and `errors` reports it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
# A window as narrow as this is a phone: a touch screen that honours the page's viewport.
_PHONE = 600


def why_no_browser() -> str:
    """What is missing on this machine; "" if nothing is."""
    if _which(_BROWSERS) and _which(_DRIVERS):
        return ""
    return "no Chromium and chromedriver on PATH (Debian: apt-get install chromium chromium-driver)"


class Browser:
    """One window. ``driver`` is selenium's, for what has no method here."""

    def __init__(self, profile: Path, environ: Mapping[str, str]) -> None:
        options = ChromeOptions()
        options.binary_location = _which(_BROWSERS)
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # With its path given, selenium looks for no driver and downloads none.
        self.driver = Chrome(options=options, service=Service(_which(_DRIVERS), env=dict(environ)))
        self.width = 0
        self._errors: list[str] = []
        self._requests: list[str] = []

    def open(
        self, page: Path | str, width: int = 1280, height: int = 900, *, dark: bool = False, scripts: bool = True
    ) -> None:
        """Load ``page``, a path or a URI, in a window of that size; errors and requests of earlier pages are dropped.

        A ``width`` under 600 is a phone's, with touch. ``dark``: the colour scheme that the page is to prefer.
        ``scripts``: whether the page's own scripts run.
        """
        uri = page.absolute().as_uri() if isinstance(page, Path) else page
        phone = width < _PHONE
        self.driver.get("about:blank")
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self.command("Emulation.setTouchEmulationEnabled", enabled=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._listen()
        self._errors, self._requests, self.width = [], [], width
        self.driver.get(uri)

    def errors(self) -> list[str]:
        """The errors since `open`: on the console, by the page's own policy, and of failed requests."""
        self._listen()
        return list(self._errors)

    def requests(self) -> list[str]:
        """The addresses that were requested since `open`, the page's own included."""
        self._listen()
        return list(self._requests)

    def run(self, script: str, *arguments: object) -> Any:
        """What the JavaScript ``script`` returns."""
        return self.driver.execute_script(script, *arguments)

    def scrolls_sideways(self) -> bool:
        """Whether any part of the page is wider than the window."""
        return bool(self.run("return document.documentElement.scrollWidth > arguments[0]", self.width))

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """A PNG of the window, or of the ``whole`` page."""
        shot = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def command(self, name: str, **parameters: object) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def close(self) -> None:
        self.driver.quit()

    def _listen(self) -> None:
        for entry in self.driver.get_log("browser"):
            if entry["level"] == "SEVERE":
                self._errors.append(entry["message"])
        addresses: dict[str, str] = {}
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            parameters = event["params"]
            if event["method"] == "Network.requestWillBeSent":
                addresses[parameters["requestId"]] = parameters["request"]["url"]
                self._requests.append(parameters["request"]["url"])
            elif event["method"] == "Network.loadingFailed":
                address = addresses.get(parameters["requestId"], "a request")
                self._errors.append(f"{address} failed: {parameters['errorText']}")


def _which(names: tuple[str, ...]) -> str:
    return next((found for found in map(shutil.which, names) if found), "")
