"""Who is the rep: correction, channel map, a transcript's labels, voice, wording; below the margin nobody is.

A channel map is checked: where the words plainly say the opposite, the channels may be swapped, and nobody is the rep
until the map is mended or a correction says which way round it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from convintel.turns.wording import seller
from convintel.values import Role

if TYPE_CHECKING:
    from convintel.recordings.roster import Rep
    from convintel.settings import Settings

Method = Literal["correction", "channel map", "transcript", "voice", "wording", "none"]
SWAPPED: Final = 0.9
"""Confidence of the wording from which it speaks against a channel map: on 662 labelled calls no wrong one had more
than 0.73."""
SWAPPED_WORDS: Final = 150
"""... in calls of so many words: fewer make the wording too sure of itself."""
_OTHER: Final[dict[Role, Role]] = {"rep": "customer", "customer": "rep", "unknown": "unknown"}


@dataclass(frozen=True)
class Decision:
    """The role of each speaker, how it was found, how sure (0 to 1), and why in words."""

    roles: dict[str, Role]
    method: Method
    confidence: float
    why: str


def decide(
    call: Mapping[str, Any],
    said: Sequence[tuple[str, str]],
    *,
    split: Literal["channels", "transcript", "diarization"],
    reps: Sequence[Rep],
    correction: str | None,
    settings: Settings,
    by_voice: Callable[[], tuple[str, float, float] | None] = lambda: None,
) -> Decision:
    """Give each speaker a role.

    Args:
        call: row of `calls`.
        said: (speaker, text) of each turn in order.
        split: how the speakers were told apart.
        reps: the roster.
        correction: a manager's verdict on the call: "swap", "keep" or None.
        settings: of the workspace.
        by_voice: tells who has a rep's voice: speaker, cosine, and lead over the next; None when nobody surely has.
    """
    speakers = sorted({speaker for speaker, _ in said})
    found = (
        (_from_channels(call, speakers, settings) if split == "channels" else None)
        or _from_labels(call, speakers, reps)
        or _from_voice(by_voice(), speakers)
        or _from_wording(call, said, reps, settings)
    )
    if correction == "swap":
        return _swapped(found, speakers)
    if correction == "keep" and "unknown" not in found.roles.values():
        return replace(found, method="correction", confidence=1.0, why="confirmed by a correction")
    if found.method == "channel map":
        found = _checked(found, _from_wording(call, said, reps, settings), said)
    if found.confidence < settings.turns.min_role_confidence:
        unknown: dict[str, Role] = dict.fromkeys(speakers, "unknown")
        why = f"{found.why}; {found.confidence:.2f} is below {settings.turns.min_role_confidence:.2f}"
        return Decision(unknown, "none", found.confidence, why)
    return found


def _from_channels(call: Mapping[str, Any], speakers: Sequence[str], settings: Settings) -> Decision | None:
    told = [part.strip() for part in (call.get("channel_roles") or "").split(",")]
    why = "the call's own channel map"
    if sorted(told) != ["customer", "rep"]:
        told, why = list(settings.recordings.channels or ()), "channels in the settings"
    if sorted(told) != ["customer", "rep"] or not set(speakers) <= {"0", "1"}:
        return None
    roles: dict[str, Role] = {speaker: "rep" if told[int(speaker)] == "rep" else "customer" for speaker in speakers}
    return Decision(roles, "channel map", 1.0, why)


def _checked(mapped: Decision, worded: Decision, said: Sequence[tuple[str, str]]) -> Decision:
    """A channel map that the words plainly contradict is certain no more."""
    enough = sum(len(text.split()) for _, text in said) >= SWAPPED_WORDS
    if not enough or worded.confidence < SWAPPED or worded.roles == mapped.roles:
        return mapped
    why = f"{mapped.why} may be the wrong way round: its customer {worded.why} ({worded.confidence:.2f})"
    return replace(mapped, confidence=round(1 - worded.confidence, 4), why=why)


def _from_labels(call: Mapping[str, Any], speakers: Sequence[str], reps: Sequence[Rep]) -> Decision | None:
    """Labels "rep" and "customer" (alone or before a name), or names that are the rep's or the customer's."""
    ours = {_plain(name) for rep in reps for name in (rep.name, *rep.aliases)} | {_plain(call.get("rep_name"))} - {""}
    theirs = {_plain(call.get("customer_name"))} - {""}
    roles: dict[str, Role] = {speaker: _labelled(speaker, ours, theirs) for speaker in speakers}
    if "rep" not in roles.values() and "customer" not in roles.values():
        return None
    if len(speakers) == 2 and "unknown" in roles.values():  # the one we know tells the other
        known = next(role for role in roles.values() if role != "unknown")
        roles = {speaker: _OTHER[known] if role == "unknown" else role for speaker, role in roles.items()}
    if list(roles.values()).count("rep") == len(roles) > 1:
        return None
    return Decision(roles, "transcript", 1.0, "the transcript names the speakers")


def _from_voice(heard: tuple[str, float, float] | None, speakers: Sequence[str]) -> Decision | None:
    if heard is None or heard[0] not in speakers:
        return None
    rep, near, lead = heard
    roles: dict[str, Role] = {speaker: "rep" if speaker == rep else "customer" for speaker in speakers}
    why = f"has the rep's voice of other calls: {near:.2f}, {lead:.2f} more than anybody else here"
    return Decision(roles, "voice", round(min(1.0, near), 4), why)


def _labelled(speaker: str, ours: set[str], theirs: set[str]) -> Role:
    head = speaker.partition(":")[0].strip().lower()
    if head in ("rep", "agent", "sales", "seller") or _plain(speaker) in ours:
        return "rep"
    if head in ("customer", "client", "prospect", "caller", "buyer") or _plain(speaker) in theirs:
        return "customer"
    return "unknown"


def _plain(name: str | None) -> str:
    return " ".join((name or "").casefold().split())


def _from_wording(
    call: Mapping[str, Any], said: Sequence[tuple[str, str]], reps: Sequence[Rep], settings: Settings
) -> Decision:
    speakers = sorted({speaker for speaker, _ in said})
    names = [call["rep_name"]] if call.get("rep_name") else [rep.name for rep in reps]
    best = seller(said, reps=names, customer=call.get("customer_name"), company=settings.company.name)
    if best is None:
        unknown: dict[str, Role] = dict.fromkeys(speakers, "unknown")
        return Decision(unknown, "none", 0.0, f"{len(speakers)} speakers: wording compares two")
    roles: dict[str, Role] = {speaker: "rep" if speaker == best.speaker else "customer" for speaker in speakers}
    return Decision(roles, "wording", round(best.confidence, 4), best.why)


def _swapped(found: Decision, speakers: Sequence[str]) -> Decision:
    if len(speakers) != 2 or "unknown" in found.roles.values():
        return replace(found, why=f"{found.why}; a correction asks to swap, but there are not two known sides")
    return Decision(
        {who: _OTHER[role] for who, role in found.roles.items()}, "correction", 1.0, "swapped by a correction"
    )
