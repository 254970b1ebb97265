"""Make the pictures of the README from a report of the demo, in a Chromium of the system.

    python -m convintel demo demo
    python docs/pictures.py demo/reports/2026-W44

Each picture is a PNG below 300 KB: team, rep and call page in light, dark, on a phone and printed. `rep.pdf` is a
hand-out.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parent
LARGEST = 300 * 1024  # bytes
DESK, PHONE, SHEET = {"width": 1000, "height": 1150}, {"width": 390, "height": 844}, {"width": 720, "height": 1018}
LOOKS: dict[str, dict[str, Any]] = {
    "": {"viewport": DESK, "color_scheme": "light"},
    "-dark": {"viewport": DESK, "color_scheme": "dark"},
    "-phone": {"viewport": PHONE, "color_scheme": "light"},
    "-print": {"viewport": SHEET, "color_scheme": "light"},
}


def main(report: Path) -> None:
    """Write docs/*.png and docs/rep.pdf."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, page in pages(report):
            for look, options in LOOKS.items():
                shoot(browser, page, DOCS / f"{name}{look}.png", printed=look == "-print", options=options)
        hand_out(browser, dict(pages(report))["rep"], DOCS / "rep.pdf")
        browser.close()


def pages(report: Path) -> Iterator[tuple[str, Path]]:
    """Yield the team page, the page of the rep with most to try, and the recorded call with most to see."""
    summary = json.loads((report / "summary.json").read_text(encoding="utf-8"))
    rep = max(summary["people"], key=lambda person: (len(person["priorities"]), bool(person["keep"]), person["n"]))
    calls = [call for call in summary["calls"] if call["recorded"] and call["week"] == summary["week"]]
    call = max(calls, key=lambda call: (bool(call["floor"]["over_time"]), len(call["objections"]), call["seconds"]))
    yield "team", report / "index.html"
    yield "rep", report / "reps" / f"{rep['slug']}.html"
    yield "call", report / "calls" / f"{call['call_id']}.html"


def shoot(browser: Browser, page: Path, out: Path, *, printed: bool, options: dict[str, Any]) -> None:
    """Write what one sees first of a page."""
    context = browser.new_context(**options, reduced_motion="reduce")
    context.set_default_timeout(300_000)
    tab = context.new_page()
    if printed:
        tab.emulate_media(media="print")
    tab.goto(page.absolute().as_uri())
    tab.screenshot(path=out)
    context.close()
    if out.stat().st_size > LARGEST:
        raise SystemExit(f"{out} has {out.stat().st_size} bytes, more than {LARGEST}")


def hand_out(browser: Browser, page: Path, out: Path) -> None:
    """Print a rep's page as it is handed out, without links: they would name folders of this machine."""
    tab = browser.new_page()
    tab.goto(page.absolute().as_uri())
    tab.evaluate("document.querySelectorAll('a[href]').forEach(link => link.removeAttribute('href'))")
    tab.pdf(path=out, format="A4")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python docs/pictures.py REPORT_FOLDER")
    main(Path(sys.argv[1]))
