import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from convintel.coaching import coach
from convintel.settings import Settings
from convintel.tables import frame
from convintel.weeks import weeks_before


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"report_{name}", Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def company():
    return load("company")


@pytest.fixture(scope="session")
def settings():
    return Settings(company={"name": "Tallyroute"})


@pytest.fixture(scope="session")
def with_advice(settings):
    def add(tables, week, **changes):
        told = Settings(company={"name": "Tallyroute"}, **changes) if changes else settings
        before = weeks_before(week, 1)[0]
        names = ("calls", "metrics", "objections", "next_steps", "turns", "associations")
        read = [tables[name] for name in names]
        last = coach(*read, week=before, reps=(), settings=told)["advice"]
        made = coach(*read, week=week, reps=(), settings=told, last=last)
        return {**tables, **made, "advice": pl.concat([last, made["advice"]])}

    return add


@pytest.fixture(scope="session")
def tables(company, with_advice):
    return with_advice(company.build(), company.WEEK)


@pytest.fixture(scope="session")
def strings():
    return load("hostile").EVERY


@pytest.fixture(scope="session")
def hostile(tables, company, settings, strings):
    """The summary of a company in which every field that people or speakers fill holds a hostile string."""
    from convintel.report import summarise

    turned = dict(tables)
    place = 0
    for name, fields in load("hostile").FIELDS.items():
        rows = turned[name].to_dicts()
        for row in rows:
            for field in fields:
                if row[field] is not None:
                    row[field] = strings[place % len(strings)]
                    place += 1
        turned[name] = frame(name, rows)
    return summarise(turned, week=company.WEEK, settings=settings, facts={"version": "0.1.0"})


@pytest.fixture(scope="session")
def summary(tables, settings, company):
    from convintel.report import summarise

    reps = [{"email": rep.email, "name": rep.name, "team": rep.team} for rep in company.ROSTER]
    models = [{"name": "whisper-base", "version": "1.0.0", "digest": "d4a1"}]
    return summarise(
        tables, week=company.WEEK, settings=settings, facts={"version": "0.1.0", "models": models, "reps": reps}
    )
