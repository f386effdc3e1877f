"""Take the pictures of the review desk that the documentation shows. Synthetic cases, a store that is thrown away.

    python scripts/desk_pictures.py docs

Needs the extras `service` and `test`, and a Chromium on this machine.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from bedside.persistence import Scope, SealedCaseStore
from bedside.service import ServiceOptions, create_app
from bedside.session import open_services

NOTES = (
    "SYNTHETIC. 30-year-old woman. Repeat prescription of her contraceptive pill. Feels well, BP 118/74.",
    "SYNTHETIC. 8-year-old boy, barking cough since last night, no stridor. Temp 37.9 C, RR 26, SpO2 97%.",
    "SYNTHETIC. 71-year-old man, sudden weakness of the right arm and slurred speech since 40 minutes. BP 178/96.",
)


def main(folder: Path) -> None:
    """Write four pictures into a folder."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    place = Path(tempfile.mkdtemp())
    services = open_services(store=place / "store", key_file=place / "key")
    assert isinstance(services.cases, SealedCaseStore)
    _, key = services.cases.access.make("Dr A. Synthetic", list(Scope))
    app = create_app(services, ServiceOptions(port=port))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.1)
    url = f"http://127.0.0.1:{port}/desk"
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])

        def page_of(scheme: str, width: int, height: int) -> Page:
            page = browser.new_context(
                color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": height}
            ).new_page()
            page.goto(f"{url}/login")
            page.fill("#key", key)
            page.click("text=Log in >> nth=-1")
            return page

        laptop = page_of("light", 1366, 860)
        for note in NOTES:
            laptop.goto(url)
            laptop.fill("#text", note)
            laptop.click("button.main:has-text('Start')")
            laptop.wait_for_selector("#confirm, #q-title", timeout=60_000)
        laptop.goto(url)
        laptop.click("text=Try the synthetic demonstration case")
        laptop.wait_for_selector("#confirm, #q-title", timeout=60_000)
        laptop.click("text=Go on")
        laptop.wait_for_selector("#confirm", timeout=60_000)
        case = laptop.url
        laptop.click("button.fact:has-text('leg pain')")
        laptop.screenshot(path=folder / "desk-case.png")
        dark = page_of("dark", 1366, 860)
        dark.goto(case)
        dark.screenshot(path=folder / "desk-dark.png")
        tablet = page_of("light", 820, 1100)
        tablet.goto(case)
        tablet.screenshot(path=folder / "desk-tablet.png")
        laptop.goto(url)
        laptop.screenshot(path=folder / "desk-queue.png")
        browser.close()
    server.should_exit = True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
