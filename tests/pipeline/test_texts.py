"""Recipes for one's own texts: added, reproduced through DVC to the same bytes again, and removed."""

import csv
import json
import shutil
import zipfile

import pandas as pd
import pytest

from kassandra.inputs.text.prepare.examples import READERS

pytestmark = [pytest.mark.slow, pytest.mark.pipelines]
RECIPE = """\
# Real reviews of books, as somebody may have them in a table.
praise:
  input: text
  target: label
  source: {path: reviews.csv, text: body, label: stars}
  prepare: {vocab_size: 800, max_length: 60}
  model: # begins as a language model of the same reviews
    variant: attention
    embedding_size: 13
    hidden_size: 7
    bidirectional: true
    pretrain: {seeds: 1, epochs: 1, batch_size: 4, window: 20, samples: 50}
  train: {seeds: 1, epochs: 2, batch_tokens: 500}
play:
  input: text
  target: next
  source: {path: play.txt}
  prepare: {tokens: characters}
  model: {variant: stacked, embedding_size: 13, hidden_size: 17, weight_dropout: 0.2, dropout: 0.1}
  train: {seeds: 1, epochs: 2, batch_size: 4, window: 30}
phrases:
  input: text
  target: text
  source: {path: pairs.tsv, pair: en-fr}
  prepare: {vocab_size: 200, valid_fraction: 0.1, test_fraction: 0.1}
  model: {variant: stacked, bidirectional: true, embedding_size: 13, hidden_size: 7, dropout: 0.1}
  train: {seeds: 1, epochs: 2, batch_tokens: 300}
"""
EVALUATE = ("evaluate@praise", "evaluate@play", "evaluate@phrases")


@pytest.fixture(scope="module")
def texts(source, root, tmp_path_factory):
    """A clone whose three pipelines of text were reproduced and committed."""
    clone = source.copy(tmp_path_factory.mktemp("texts") / "kassandra")
    (reviews,) = READERS["books"](root / "tests" / "data" / "books")
    with (clone.root / "reviews.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("body", "stars"), *(review[:2] for review in reviews), ("", "positive")])
    shutil.copy(root / "tests" / "data" / "tiny-shakespeare" / "input.txt", clone.root / "play.txt")
    with zipfile.ZipFile(root / "tests" / "data" / "tatoeba" / "fra-eng.zip") as archive:
        (clone.root / "pairs.tsv").write_bytes(archive.read("fra.txt") + b"Nothing.\t\n")
    (clone.root / "recipe.yaml").write_text(RECIPE)
    clone.run("kassandra", "add", "recipe.yaml")
    (clone.root / "printed").write_text(clone.dvc("repro", *EVALUATE))
    clone.commit()
    return clone


def test_everything_is_there(texts):
    printed = (texts.root / "printed").read_text()
    assert "1 of 121 rows refused: 1 × empty text (line" in printed
    assert "1 × empty" in printed[printed.index("pairs.tsv") :]
    for name, headline in (("praise", "accuracy"), ("play", "loss"), ("phrases", "bleu")):
        scores = json.loads((texts.root / f"metrics/{name}/test.json").read_text())
        assert scores["intervals"][0]["score"] == headline
        assert len(scores["baselines"]) >= 2
    assert (texts.root / "data/predictions/praise/attention.html").is_file()
    assert (texts.root / "data/predictions/play/sample.txt").stat().st_size >= 1000
    assert len(pd.read_parquet(texts.root / "data/predictions/play/test.parquet")) == 1999  # all but the first
    assert (texts.root / "data/predictions/phrases/translations.html").is_file()
    assert (texts.root / "metrics/phrases/plots/alignments.png").is_file()
    assert (texts.root / "data/pretrained/praise.safetensors").stat().st_size > 10_000


def test_again_the_same_bytes(texts, tmp_path):
    clone = texts.copy(tmp_path / "kassandra")
    shutil.rmtree(clone.root / ".dvc" / "cache")
    clone.dvc("repro", "--force", *EVALUATE)
    assert clone.differs_from(texts) == []
    assert clone.git("status", "--porcelain") == ""


def test_another_learning_rate_does_not_pretrain_again(texts, tmp_path):
    clone = texts.copy(tmp_path / "kassandra")
    clone.edit("params.yaml", "train: {seeds: 1, epochs: 2, batch_tokens", "train: {epochs: 1, batch_tokens")
    assert clone.executed(clone.dvc("repro", *EVALUATE)) == ["train@praise", "evaluate@praise"]


def test_removed_as_if_never_added(texts, source, tmp_path):
    clone = texts.copy(tmp_path / "kassandra")
    for name in ("praise", "play", "phrases"):
        clone.run("kassandra", "remove", name)
    assert (clone.root / "params.yaml").read_bytes() == (source.root / "params.yaml").read_bytes()
    assert "Error" not in clone.dvc("status")
