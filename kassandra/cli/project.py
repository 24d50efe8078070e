"""Commands for the project as a whole: after a merge, to share it, to carry an old one over."""

from typing import Annotated

import typer

from kassandra.cli.app import app


@app.command(rich_help_panel="The project")
def merge() -> None:
    """After a `git merge` of two branches that both ran: resolve dvc.lock and metrics/, stage by stage.

    What one branch ran is taken from it. Where both ran the same stage, what HEAD has is kept, and `dvc repro` decides
    whether it is right of what was merged. Everything else that conflicts, params.yaml first, is yours to resolve.

    Example: git merge my-branch; kassandra merge; dvc checkout; dvc repro; git commit
    """
    from kassandra.cli.merge import merge as resolve

    resolve()


@app.command(rich_help_panel="The project")
def push(
    remote: Annotated[str | None, typer.Option(help="A remote of DVC; the default one if none.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Read the remote, and send again what is damaged.")] = False,
) -> None:
    """Share what was made here: `dvc push --run-cache --all-commits`, and the metrics and runs that it leaves out.

    Elsewhere `dvc pull --run-cache` and then `dvc repro --pull` execute nothing that was executed here; see
    docs/sharing.md.

    Example: kassandra push
    """
    from kassandra.cli.push import push as send

    send(remote, check)


@app.command(rich_help_panel="The project")
def migrate() -> None:
    """Carry a project of Kassandra 0.1.0 over: params.yaml gets today's keys, and results stay valid.

    Comments and order of params.yaml stay. A pipeline whose results are all here needs not run again: dvc.lock is
    written as if today's code had made them. Of every other one it says why, and which command to run.

    Example: kassandra migrate
    """
    from kassandra.cli.migrate import migrate as carry_over

    carry_over()
