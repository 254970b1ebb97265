"""The pages: `summarise` makes plain data from tables, `write_report` shows it as HTML, Markdown, CSV and JSON.

    tables -> summary (book, talk, team, people, conversations, method) -> charts -> templates -> folder

Numbers are tested on the summary. Templates only show it, and everything a person said or typed is escaped there.
"""

from __future__ import annotations

from convintel.report.files import open_to_group
from convintel.report.lineage import Lineage, explain, lines
from convintel.report.pdf import Printer, printer
from convintel.report.render import alone, write_report
from convintel.report.summary import draft, summarise

__all__ = [
    "Lineage",
    "Printer",
    "alone",
    "draft",
    "explain",
    "lines",
    "open_to_group",
    "printer",
    "summarise",
    "write_report",
]
