"""A case: files as people have them, and what their owner expects; taken through `init`, the stages, and `predict`."""

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
NAME = "mine"
SMALL = {"hidden_size": 8, "embedding_size": 8}


@dataclass(frozen=True)
class Case:
    """One expectation.

    folder: of tests/cases; or what the case is called, if `made` writes its files.
    path: within it, what is given to `init`; the only file or folder there if empty.
    options: of `init`, besides `--yes` and `--name`.
    section: dotted keys that the section must have, with their values.
    refused: what the sentence of `init` must match, where the owner expects a refusal.
    reports: what must be printed by `init` or by `prepare`; regular expressions.
    meta: dotted keys of meta.json, with their values. predict: arguments of `kassandra predict`, relative to the folder
    of the case; none skips it. command: instead of `predict`.
    last: the stage to go to before `predict`, besides the training itself: `train`, or `evaluate` with the baselines.
    """

    folder: str
    made: Callable[[Path], None] | None = None
    path: str = ""
    options: tuple[str, ...] = ()
    section: dict[str, Any] = field(default_factory=dict)
    refused: str = ""
    reports: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
    predict: tuple[str, ...] = ()
    command: str = "predict"
    last: str = "train"
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.folder


def value_at(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def copied(case: Case, home: Path) -> Path:
    """The case's files in a folder of their own, beside an empty params.yaml; what `init` is to look at."""
    own = home / "given"
    if case.made:
        own.mkdir()
        case.made(own)
    else:
        shutil.copytree(HERE / case.folder, own, symlinks=True)
    (home / "params.yaml").write_text("# kept to the byte\nseed: 0\n\npipelines: {}\n", encoding="utf-8")
    if case.path:
        return own / case.path
    (only,) = own.iterdir()
    return only


def with_quick_training(params: Path) -> dict[str, Any]:
    """The section that `init` wrote, in params.yaml with one epoch of a tiny model."""
    tree = yaml.safe_load(params.read_text(encoding="utf-8"))
    section = tree["pipelines"][NAME]
    quick = {**section, "train": {**section["train"], "epochs": 1}}
    quick["model"] = {key: SMALL.get(key, value) for key, value in {"hidden_size": 8, **section["model"]}.items()}
    if "decoder" in quick["model"]:
        quick["model"]["decoder"] = {**quick["model"]["decoder"], "hidden_size": 8}
    tree["pipelines"][NAME] = quick
    params.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return section


def go(case: Case, home: Path, monkeypatch: Any, capsys: Any) -> None:
    """`init`, the stages, `predict`; asserts what the case expects."""
    from kassandra.notebook import STAGES, stage_main

    monkeypatch.chdir(home)
    # Members one after another in this process: to start each in its own takes longer than these trainings.
    monkeypatch.setattr("kassandra.contracts.cores.here", lambda: 1)
    given = copied(case, home)
    status, out = command(monkeypatch, capsys, "init", given.relative_to(home), "--name", NAME, "--yes", *case.options)
    if case.refused:
        assert status != 0, out
        assert re.search(case.refused, out), out
        assert (home / "params.yaml").read_text(encoding="utf-8").endswith("pipelines: {}\n")
        return
    assert status == 0, out
    assert (home / "params.yaml").read_text(encoding="utf-8").startswith("# kept to the byte\nseed: 0\n\npipelines:\n")
    section = with_quick_training(home / "params.yaml")
    assert {key: value_at(section, key) for key in case.section} == case.section, section
    mains = {stage: stage_main(stage) for stage in STAGES}
    stages = STAGES if case.last == "evaluate" else ("download", "prepare", "pretrain", "train")
    printed = [out]
    for stage in stages:
        mains[stage](NAME)
        printed.append(capsys.readouterr().out)
        if stage == case.last:
            break
    everything = "\n".join(printed)
    for pattern in case.reports:
        assert re.search(pattern, everything), f"{pattern!r} is not in:\n{everything}"
    from kassandra.contracts.artifacts import read_json

    meta = read_json(home / "data" / "prepared" / NAME / "meta.json")
    assert {key: value_at(meta, key) for key in case.meta} == case.meta
    if case.predict:
        given_to_predict = [str(path) if (path := given.parent / one).exists() else one for one in case.predict]
        status, out = command(monkeypatch, capsys, case.command, f"data/models/{NAME}", *given_to_predict)
        assert status == 0, out
        assert out.strip()


def command(monkeypatch: Any, capsys: Any, *arguments: Any) -> tuple[int, str]:
    """The exit status of `kassandra …`, and all that it printed, its error included."""
    from kassandra.cli import main

    monkeypatch.setattr(sys, "argv", ["kassandra", *map(str, arguments)])
    monkeypatch.setenv("COLUMNS", "200")
    capsys.readouterr()
    code: Any = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    printed = capsys.readouterr()
    text = printed.out + printed.err + (code if isinstance(code, str) else "")
    return (1 if isinstance(code, str) else code or 0), text
