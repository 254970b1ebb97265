"""The section `[privacy]` of convintel.toml: what may be processed, and for how long things are kept."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from convintel.section import Section

Consent = Literal["announced", "verbal", "written", "none", "unknown"]


class Privacy(Section):
    """What is kept and what is allowed."""

    redact: bool = Field(
        True, description="Mask card, bank and identity numbers, e-mails and phone numbers before anything is stored."
    )
    process_consent: tuple[Consent, ...] = Field(
        ("announced", "verbal", "written", "unknown"),
        description="Consent states that may be processed; unknown is flagged.",
    )
    consent_by_country: dict[str, tuple[Consent, ...]] = Field(
        default_factory=dict,
        description="The same for customers of a country or region (ISO 3166), which wins: "
        '{ DE = ["verbal", "written"], "US-CA" = ["announced", "verbal", "written"] }.',
    )
    unknown_country: str = Field(
        "", description="The country that a call counts as when nobody and no number tells it; empty: process_consent."
    )
    keep_text_days: int = Field(
        0,
        ge=0,
        description="Days after which what was said is deleted: transcript, quotes, embeddings, search, pages of that "
        "week; numbers stay. 0: kept for ever.",
    )
    keep_audio_derived_days: int = Field(
        0,
        ge=0,
        description="Days after which all that was made from a call is deleted, numbers and voices too. 0: never.",
    )
    group_can_read: bool = Field(
        False, description="Let the group of the folder read reports/; .convintel/ is the owner's alone in any case."
    )

    @property
    def limited(self) -> int:
        """The days after which the first things are deleted; 0 = never."""
        return min((days for days in (self.keep_text_days, self.keep_audio_derived_days) if days), default=0)

    @field_validator("consent_by_country")
    @classmethod
    def _codes(cls, value: dict[str, tuple[Consent, ...]]) -> dict[str, tuple[Consent, ...]]:
        for code in value:
            if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", code):
                raise ValueError(f"'{code}' is not a country or region such as DE or US-CA")
        return value
