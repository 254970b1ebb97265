"""Facts about a call from JSON: our own sidecar, Gong's `metaData` and `parties`, or the head of a JSON transcript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

FIELDS: Final = [
    "started_at",
    "direction",
    "customer_name",
    "customer_email",
    "customer_phone",
    "account",
    "deal_id",
    "call_type",
    "language",
    "consent",
    "country",
    "title",
    "channels",
]
_GONG: Final = {"started": "started_at", "direction": "direction", "title": "title", "language": "language"}


def told(content: Any) -> dict[str, Any]:
    """Return field -> value as written, from a sidecar or transcript; our own keys win over Gong's.

    `rep` is an e-mail, else a name. Nothing is checked here.

    Raises:
        ValueError: the document is not a JSON object.
    """
    if not isinstance(content, Mapping):
        raise ValueError("not a JSON object")
    own = {field: content[field] for field in FIELDS if _filled(content.get(field))}
    rep = next((content[key] for key in ("rep_email", "rep", "rep_name") if _filled(content.get(key))), None)
    if rep is not None:
        own["rep"] = rep
    if "private" in content:
        own["private"] = _word(content["private"])
    return {**_gong(content), **own}


def _gong(content: Mapping[str, Any]) -> dict[str, Any]:
    meta = content.get("metaData")
    found: dict[str, Any] = {}
    if isinstance(meta, Mapping):
        found |= {ours: meta[theirs] for theirs, ours in _GONG.items() if _filled(meta.get(theirs))}
        if "isPrivate" in meta:
            found["private"] = _word(meta["isPrivate"])
    else:
        meta = {}
    listed = content.get("parties")
    parties = [party for party in listed if isinstance(party, Mapping)] if isinstance(listed, list) else []
    return found | _customer(parties) | _rep(parties, meta)


def _customer(parties: list[Mapping[str, Any]]) -> dict[str, Any]:
    party = next((party for party in parties if _side(party) == "external"), {})
    keys = {"name": "customer_name", "emailAddress": "customer_email", "phoneNumber": "customer_phone"}
    return {ours: party[theirs] for theirs, ours in keys.items() if _filled(party.get(theirs))}


def _rep(parties: list[Mapping[str, Any]], meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the primary user, or the only one of ours on the call."""
    ours = [party for party in parties if _side(party) == "internal"]
    primary = meta.get("primaryUserId")
    chosen = [party for party in ours if _filled(primary) and primary in (party.get("userId"), party.get("speakerId"))]
    if not chosen and len(ours) == 1:
        chosen = ours
    said = (
        next((chosen[0][key] for key in ("emailAddress", "name") if _filled(chosen[0].get(key))), None)
        if chosen
        else None
    )
    return {} if said is None else {"rep": said}


def _side(party: Mapping[str, Any]) -> str:
    return str(party.get("affiliation", "")).casefold()


def _word(value: Any) -> Any:
    """JSON's true and false as the words that calls.csv uses."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _filled(value: Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}
