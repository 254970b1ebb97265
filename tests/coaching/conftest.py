import importlib.util
from pathlib import Path

import pytest

from convintel.coaching import coach
from convintel.settings import Settings


@pytest.fixture(scope="session")
def sample():
    """All tables of the sample company with its advice."""
    path = Path(__file__).parents[1] / "report" / "company.py"
    spec = importlib.util.spec_from_file_location("coaching_company", path)
    company = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(company)
    tables = company.build()
    names = ("calls", "metrics", "objections", "next_steps", "turns", "associations")
    return {**tables, **coach(*(tables[name] for name in names), week=company.WEEK, reps=(), settings=Settings())}
