"""`make simulate`: run the simulations and put their table into docs/statistics.md."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.simulation.outcomes import alarms, changed_by_late_calls, coverage, mixed_errors, power
from tests.simulation.teams import Plan
from tests.simulation.themes import twelve_weeks

DOCUMENT = Path(__file__).parents[2] / "docs" / "statistics.md"
MARKS = ("<!-- simulated -->", "<!-- /simulated -->")
TEAMS = 400


def main(teams: int = TEAMS) -> str:
    """Return the table; each line is said on standard error as it is ready."""
    rows = [("simulation", "figure", "promise")]
    for make in (null_rows, late_rows, win_rate_rows, power_rows, theme_rows):
        for row in make(teams):
            print(" | ".join(row), file=sys.stderr, flush=True)  # noqa: T201 - progress of a long run
            rows.append(row)
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|---|---|---|", *body])


def null_rows(teams: int) -> list[tuple[str, str, str]]:
    """Teams without any true effect: 15 reps, 20 deals each, about 4 calls a deal, everything correlated."""
    found = alarms(Plan(), teams)
    drifting = alarms(Plan(drift=0.3, more_calls_when_won=1.5, calls=2.0), teams // 2, seed=10_000)
    mixed = mixed_errors(Plan(), teams // 2, seed=20_000)
    what = f"{teams} teams of 15 reps, 20 deals, 4 calls, no effect"
    return [
        (f"{what}: behaviours called an association at q = 0.1", _share(found.by_behaviour), "at most 10 %"),
        ("the same: teams with at least one", _share(found.by_team), "at most 10 %"),
        ("the same: single tests with p < 0.05", _share(found.below_five_per_cent), "5 %"),
        ("the same, every call for itself (t-test): p < 0.05", _share(found.naive), "what dashboards do"),
        (
            f"{teams // 2} such teams, won deals have more calls and later calls differ: teams with at least one",
            _share(drifting.by_team),
            "at most 10 %",
        ),
        (f"{teams // 2} such teams: mixed model's 90 % interval leaves out none", _share(mixed), "10 %"),
    ]


def late_rows(teams: int) -> list[tuple[str, str, str]]:
    """The same teams with calls on and after the closing day, which differ between won and lost."""
    changed = changed_by_late_calls(Plan(), teams)
    return [("the same with post-close calls injected: teams of which any number changes", str(changed), "0")]


def win_rate_rows(teams: int) -> list[tuple[str, str, str]]:
    """Win rates: true rates 25 % give or take 7 points."""
    rows = []
    for deals in (8, 20, 60):
        shares = [f"{_share(coverage(reps, deals, teams))} ({reps} reps)" for reps in (8, 20, 50)]
        rows.append(
            (
                f"90 % interval of a rep's win rate holds the true one, {deals} deals a rep",
                ", ".join(shares),
                "88 to 92 %",
            )
        )
    return rows


def power_rows(teams: int) -> list[tuple[str, str, str]]:
    """One behaviour of nine with a true effect, the others with none."""
    rows = []
    for plan in (Plan(odds_ratio=1.5), Plan(reps=25, deals=40, odds_ratio=1.5), Plan(odds_ratio=2.0)):
        found = power(plan, teams // 2, seed=30_000)
        said = f"odds ratio {plan.odds_ratio} per standard deviation, {found.deals} deals"
        rows += [
            (f"{said}: found (q at most 0.1) / p < 0.05", f"{_share(found.family)} / {_share(found.single)}", "stated"),
            (f"{said}: interval of the points holds the truth", _share(found.held), "90 %"),
        ]
    return rows


def theme_rows(_: int) -> list[tuple[str, str, str]]:
    """Twelve weeks of themes, several times."""
    runs = [twelve_weeks(seed) for seed in range(5)]
    kept, ids = sum(run.kept for run in runs), sum(run.ids for run in runs)
    apart, found = sum(run.apart for run in runs), min(run.found for run in runs)
    return [
        ("12 weeks, 8 themes, one splits, two are new, 5 runs: ids that keep their meaning", f"{kept} of {ids}", "all"),
        ("the same: themes that have an id, worst run", f"{found} of 10", "all"),
        ("the same: runs in which the halves get ids of their own", f"{apart} of {len(runs)}", "all"),
    ]


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


if __name__ == "__main__":
    table = main(int(sys.argv[1]) if len(sys.argv) > 1 else TEAMS)
    text = DOCUMENT.read_text(encoding="utf-8")
    kept = re.sub(f"{MARKS[0]}.*?{MARKS[1]}", f"{MARKS[0]}\n{table}\n{MARKS[1]}", text, flags=re.DOTALL)
    DOCUMENT.write_text(kept, encoding="utf-8")
