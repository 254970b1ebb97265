"""Whether this week's calls and the earlier ones are of one kind: recordings, or ready-made transcripts.

A vendor's word times and speaker turns are not ours, so that numbers of pace and questions move with the source alone.
"""

from __future__ import annotations

from convintel.language import say
from convintel.report.book import Book
from convintel.report.facts import fact_id, rests
from convintel.report.talk import Row


def sources(book: Book, *, rep: str | None = None) -> Row:
    """Return a sentence where most calls of this week are of one kind and most earlier ones of the other."""
    now, before = (_kind(book, weeks, rep) for weeks in ((book.week,), book.before))
    apart = bool(now and before and now != before)
    return {
        "id": fact_id("sources", rep or "team"),
        "rests": [rests("calls", weeks=book.window, rep=rep)],
        "text": say(f"sources.{now}") if apart else "",
    }


def _kind(book: Book, weeks: tuple[str, ...], rep: str | None) -> str | None:
    """Return the kind of more than half of the calls of some weeks, or None."""
    kinds = [book.calls[call_id]["kind"] for call_id in book.ids(*weeks, rep=rep)]
    return next((kind for kind in ("recording", "transcript") if 2 * kinds.count(kind) > len(kinds)), None)
