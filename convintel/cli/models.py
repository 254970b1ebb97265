"""`convintel models`: what is installed, from where, whether its digest is right."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

models_app = App(
    name="models",
    help="Models: what is used, from where, under which licence, and whether the files are the right ones.",
)


@models_app.command(name="list")
def list_models(*, json: Annotated[bool, Parameter("--json", negative="")] = False) -> None:
    """List the models of models.toml and where they stand.

    Args:
        json: print the answer as JSON.
    """
    from convintel import models
    from convintel.cli.app import say, say_json

    rows = models.states()
    if json:
        say_json(rows)
        return
    for row in rows:
        say(f"{row['name']:<18} {row['kind']:<10} {row['state']:<10} {row['licence']:<12} {row['what']}")


@models_app.command
def pull(*names: str) -> None:
    """Assemble models into the cache and check them; afterwards no network is needed.

    Args:
        names: which; default all that the default settings use.
    """
    from convintel import models
    from convintel.cli.app import say

    for folder in models.pull(names):
        say(str(folder))


@models_app.command
def verify() -> None:
    """Check every file of every assembled model against its SHA-256; exit 1 if one is wrong."""
    from convintel import models
    from convintel.cli.app import say

    problems = models.verify()
    for problem in problems:
        say(str(problem))
    if problems:
        raise SystemExit(1)
    say("all digests are right")
