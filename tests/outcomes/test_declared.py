from __future__ import annotations

from convintel.outcomes import associate
from convintel.outcomes.associate import declared
from convintel.settings import Settings
from convintel.signals.catalogue import METRICS
from convintel.tables import frame


def test_the_family_is_the_coachable_metrics_of_the_catalogue():
    family = declared()
    assert [behaviour.metric for behaviour in family] == [metric.name for metric in METRICS if metric.coachable]
    assert len({behaviour.name for behaviour in family}) == len(family)


def test_every_declared_behaviour_has_a_row_even_without_any_call():
    empty = {name: frame(name, []) for name in ("calls", "metrics", "matches", "deals")}
    table = associate(*empty.values(), settings=Settings())
    assert table["behaviour"].to_list() == [behaviour.name for behaviour in declared()]
    assert set(table["note"]) == {"too few deals (have 0, need 20)"}
