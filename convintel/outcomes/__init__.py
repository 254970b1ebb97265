"""Deals, which call belongs to which, win rates, and how behaviours stand against outcomes."""

from __future__ import annotations

from convintel.outcomes.associate import associate
from convintel.outcomes.crm import read_deals
from convintel.outcomes.match import match
from convintel.outcomes.win_rates import win_rates

__all__ = ["associate", "match", "read_deals", "win_rates"]
