"""A model card (README.md) as Hugging Face lays them out: front matter, what the model is, its data, scores and limits.

`train` cannot write it: the scores come later, from `evaluate`, and a file added to data/models/<name> would change an
output of DVC, so that the model would look retrained. So the folder that `train` wrote stays as it is, and the card is
made from it, from dvc.lock and from metrics/ whenever it is asked for: by itself (`kassandra card`), or beside the
weights in a new folder that can be uploaded as it is (`kassandra export --to folder`).
"""

import re
from pathlib import Path
from typing import Any

import yaml

from kassandra.contracts.artifacts import read_json, sha256
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.kinds import part_if_any
from kassandra.export.markdown import bullets, fenced, front_matter, table, text
from kassandra.export.origin import Origin, origin_of
from kassandra.inference import load
from kassandra.judging.intervals import Estimate

LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")
UNSTATED = "unknown"  # an identifier that model cards know


def model_card(
    folder: Path, licence: str = UNSTATED, root: Path = Path(), use: str = ""
) -> tuple[str, tuple[str, ...]]:  # fmt: skip
    """The card of a model folder, and what it lacks, a sentence each.

    Args:
        licence: of the weights, as model cards name them: cc-by-sa-4.0, apache-2.0.
        root: the repository whose dvc.lock and metrics/ are asked.
        use: the section on how to use the files; that of weights if empty.

    Raises:
        KassandraError: the folder is no model or damaged, or `licence` is no such name.
    """
    if not LICENCE.fullmatch(licence):
        raise KassandraError(
            f"--license: {licence!r} is no name of a licence; give one such as cc-by-sa-4.0 or apache-2.0"
        )
    predictor, origin = load(folder), origin_of(folder, root)
    described = read_json(folder / "model.json")
    data = origin.dataset
    card = part_if_any("targets", predictor.target, "card")
    modality = getattr(part_if_any("inputs", predictor.input, "card"), "MODALITY", predictor.input)
    task = card.task(modality) if card else None
    head = {
        "license": licence,
        "library_name": "kassandra",
        "pipeline_tag": task,
        "language": sorted({str(each) for each in predictor.meta.get("languages", {}).values() if each}),
        "tags": ["kassandra", "lstm", f"input-{predictor.input}", f"target-{predictor.target}"],
        "datasets": [data[0]] if data else [],
        "metrics": [row["score"] for row in (origin.scores or {}).get("intervals", [])],
        "model-index": _model_index(predictor, origin, task or predictor.target),
    }
    missing = list(origin.missing)
    if licence == UNSTATED:
        missing.append("The licence of the weights is not stated: `--license` states it; that of the data may bind it.")
    parts = [
        front_matter(head),
        _what(predictor, described),
        _data(predictor.meta, origin),
        _scores(origin),
        _limits(origin, missing),
        use or _use(predictor, card),
        _provenance(folder, described, origin),
    ]
    return "\n".join(parts), tuple(missing)


def _model_index(predictor: Any, origin: Origin, task: str) -> list[dict[str, Any]]:
    """As Hugging Face reads scores: the value of each is the mean over members."""
    if origin.scores is None:
        return []
    name = origin.dataset[0] if origin.dataset else predictor.name
    metrics = []
    for row in origin.scores["intervals"]:
        interval = Estimate(row["value"], row["low"], row["high"]).text(least=row["decimals"])
        metrics.append({"type": row["score"], "value": row["value"], "name": f"{row['score']} {interval}"})
    result = {
        "task": {"type": task},
        "dataset": {"name": name, "type": name, "split": "test"},
        "metrics": metrics,
    }
    return [{"name": predictor.name, "results": [result]}]


def _what(predictor: Any, described: dict[str, Any]) -> str:
    members = len(predictor.models)
    count = sum(weight.numel() for weight in predictor.models[0].parameters())
    rows = {
        "input → target": f"{predictor.input} → {predictor.target}",
        "variant": predictor.variant,
        "predicts": predictor.choices(),
        "parameters": f"{count:,} of each member",
        "members": f"{members}, trained from different seeds; they answer together" if members > 1 else "1",
    }
    model = {key: value for key, value in described["model"].items() if key != "variant"}
    facts = table([{"": key, " ": value} for key, value in rows.items() if value])
    shape = fenced(yaml.safe_dump({"model": {"variant": predictor.variant, **model}}, sort_keys=False), "yaml")
    return f"# {text(predictor.name)}\n\nAn LSTM trained by Kassandra.\n\n{facts}\n{shape}"


def _data(meta: dict[str, Any], origin: Origin) -> str:
    lines = []
    if origin.dataset:
        name, entry = origin.dataset
        lines += [f"Data set `{name}`: {text(entry.description)}.", f"Licence of the data: {text(entry.licence)}."]
    elif origin.params:
        lines.append(
            "Trained on a file or folder of the author's, which is not named here; its terms are the author's to state."
        )
    else:
        lines.append("What it was trained on is not known here, and so is its licence.")
    counts = meta.get("examples")
    if isinstance(counts, dict):
        lines.append("Examples: " + ", ".join(f"{number:,} {split}" for split, number in counts.items()) + ".")
    dropped = {key: value for key, value in meta.items() if key.startswith(("dropped_", "refused_")) and value}
    lines += [f"{key.replace('_', ' ').capitalize()}: {value}." for key, value in dropped.items()]
    return "## Data\n\n" + "\n".join(f"{line}  " for line in lines) + "\n"


def _scores(origin: Origin) -> str:
    if origin.scores is None:
        return "## Scores\n\nNone are known of these weights.\n"
    scores, seeds = origin.scores, origin.scores.get("seeds", 1)
    rows = []
    for row in scores["intervals"]:
        decimals = row["decimals"]
        line = {
            "score": f"{row['score']} ({row['unit']})" if row["unit"] else row["score"],
            "better": row["better"] or "neither",
            f"mean of {seeds} seeds [95%]" if seeds > 1 else "value [95%]": _estimate(row, decimals),
        }
        if seeds > 1:
            line["by seed"] = ", ".join(f"{each:.{decimals}f}" for each in row["members"])
            line["together [95%]"] = _estimate(row["together"], decimals)
        rows.append(line)
    headline, decimals = scores["intervals"][0]["score"], scores["intervals"][0]["decimals"]
    others = [
        {
            "baseline": each["baseline"],
            f"{headline} [95%]": _estimate(each[headline], decimals),
            "what the LSTM adds [95%]": _estimate(each["gain"], decimals, "+"),
        }
        for each in scores["baselines"]
    ]
    note = (
        "Intervals are of other seeds and other test examples."
        if seeds > 1
        else "Intervals are of other test examples."
    )
    intro = f"On {scores['examples']:,} test examples. {note} Weights were chosen on validation."
    beside = "Beside the baselines, fitted on the same train and valid data (paired differences):"
    return f"## Scores\n\n{intro}\n\n{table(rows)}\n{beside}\n\n{table(others)}"


def _estimate(row: dict[str, float], decimals: int, sign: str = "") -> str:
    return Estimate(row["value"], row["low"], row["high"]).text(sign, decimals)


def _limits(origin: Origin, missing: list[str]) -> str:
    cautions = [*(origin.scores or {}).get("cautions", []), *missing]
    cautions.append("Scores hold for data like the test split; nothing is known of other sources, times or people.")
    cost = ""
    if origin.cost:
        cost = (
            f"Training took {origin.cost['seconds']:,.0f} s ({origin.cost['cpu_seconds']:,.0f} CPU s) for all members."
        )
    return f"## Cautions and cost\n\n{bullets(cautions)}\n{cost or 'What training cost is not known here.'}\n"


def _use(predictor: Any, card: Any) -> str:
    shell, python = card.use(predictor) if card else ("kassandra predict FOLDER …", "predictor.members")
    load_it = f'import kassandra\n\npredictor = kassandra.load("FOLDER")  # this folder\n{python}'
    files = (
        "Files: `weights*.safetensors` (one a member), `model.json` (sizes, seeds, machine), "
        "`meta.json` (classes, scales, tokenizer). Nothing in them is code.\n"
    )
    blocks = f"{fenced(shell, 'sh')}\n{fenced(load_it, 'python')}"
    return f"## How to use it\n\nWith Kassandra installed:\n\n{blocks}\n{files}"


def _provenance(folder: Path, described: dict[str, Any], origin: Origin) -> str:
    weights = [{"file": path.name, "sha256": sha256(path)} for path in sorted(folder.glob("*.safetensors"))]
    made_on = [{"trained on": key, " ": value} for key, value in described["fingerprint"].items()]
    section = ""
    if origin.params:
        params = {key: value for key, value in origin.params.items() if key != "source"}
        source = origin.params.get("source") or {}
        params["source"] = source if "dataset" in source else "(a file or folder of the author's)"
        section = "Params that trained it:\n\n" + fenced(
            yaml.safe_dump(params, sort_keys=False, allow_unicode=True), "yaml"
        )
    return f"## Where it comes from\n\n{table(weights)}\n{table(made_on)}\n{section}"
