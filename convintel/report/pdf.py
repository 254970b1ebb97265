"""Rep pages as PDF hand-outs, printed by a Chromium that is on the machine; optional, with the network off."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from convintel.errors import WorkspaceError

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "chrome")
_FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)
_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Printer:
    """A browser that prints pages."""

    browser: str

    def write(self, html: str, out: Path) -> None:
        """Write a page as PDF: A4 or Letter, as the browser's locale has it.

        Raises:
            WorkspaceError: the browser does not run, or prints nothing.
        """
        with tempfile.TemporaryDirectory(prefix="convintel-pdf-") as folder:
            page = Path(folder) / "page.html"
            page.write_text(html, encoding="utf-8")
            out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses root without it
            profile = f"--user-data-dir={folder}/profile"
            command = [self.browser, *_FLAGS, *sandbox, profile, f"--print-to-pdf={out}", page.as_uri()]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
            except (OSError, subprocess.SubprocessError) as error:
                raise WorkspaceError(
                    f"the browser printed no PDF: {error}", where=self.browser, remedy="set [report] pdf = false"
                ) from error
        if not out.is_file():
            raise WorkspaceError("the browser printed no PDF", where=self.browser, remedy="set [report] pdf = false")
        out.chmod(0o600)


def printer(browser: str = "") -> Printer:
    """Return the named browser, or the first Chromium that is installed.

    Raises:
        WorkspaceError: there is none.
    """
    names = (browser,) if browser else _NAMES
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise WorkspaceError(
            "no Chromium was found to print PDF pages",
            where=browser or ", ".join(_NAMES),
            remedy="install Chromium, name it in [report] browser, or set [report] pdf = false",
        )
    return Printer(found)
