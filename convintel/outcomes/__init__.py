"""Deals, which call belongs to which, win rates, and how behaviours and themes stand against outcomes."""

from __future__ import annotations

from convintel.outcomes.associate import associate
from convintel.outcomes.crm import read_deals
from convintel.outcomes.follow_through import follow_through
from convintel.outcomes.hygiene import hygiene
from convintel.outcomes.match import match
from convintel.outcomes.ramp import ramp
from convintel.outcomes.theme_outcomes import theme_outcomes
from convintel.outcomes.win_rates import win_rates

__all__ = ["associate", "follow_through", "hygiene", "match", "ramp", "read_deals", "theme_outcomes", "win_rates"]
