"""What every section of convintel.toml is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of convintel.toml: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
