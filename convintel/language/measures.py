"""What a measure is called: on team pages, to the rep it is about, and as advice.

The catalogue's own names come first; a measure that is not in it goes by the label and advice of its definition.
"""

from __future__ import annotations

from typing import Any

from convintel.language import catalogue, say


def label(name: str, default: str) -> str:
    """Return a measure's name for the team.

    >>> label("talk_share", ""), label("new_one", "Something new")
    ('Rep’s share of the talk', 'Something new')
    """
    return str(_words(name).get("label", default))


def yours(name: str, default: str) -> str:
    """Return a measure's name as it is said to the rep whose page it is.

    >>> yours("talk_share", "")
    'Your share of the talk'
    """
    return str(_words(name).get("yours", label(name, default)))


def headline(name: str, default: str, *, keep: bool, better: str) -> str:
    """Return what to keep, or what to try, in a few words.

    >>> headline("talk_share", "", keep=False, better="lower")
    'Leave the customer more of the talk'
    """
    key = "keep" if keep else "try"
    if key in _words(name):
        return str(_words(name)[key])
    return say("coaching.keep_this" if keep else f"coaching.bring_{better}", label=yours(name, default))


def advice(name: str, default: str) -> str:
    """Return the one thing to try in the next call."""
    return str(_words(name).get("next", default))


def _words(name: str) -> dict[str, Any]:
    found: dict[str, Any] = catalogue()["measures"].get(name, {})
    return found
