"""One member's training: prepared train and valid splits, pretrained weights → its weights in the model's folder."""

from typing import Any, NamedTuple

import torch

from kassandra.contracts import artifacts
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.checkpoint import Checkpoint, digest, home
from kassandra.training.fingerprint import Precision, fingerprint, set_up
from kassandra.training.folder import build, save_weights
from kassandra.training.loop import train
from kassandra.training.members import at_once
from kassandra.training.memory import enough
from kassandra.training.pair import Pair
from kassandra.training.pretrain import first_weights
from kassandra.training.progress import Watcher
from kassandra.training.ranks import ALONE, Ranks
from kassandra.training.rooms import code


class Member(NamedTuple):
    """history: a row per epoch; see kassandra.training.loop.Trained. checkpoint: kept until all members are done."""

    history: list[dict[str, Any]]
    kept_epoch: int
    seconds: float
    cpu_seconds: float
    checkpoint: Checkpoint


def train_member(
    watcher: Watcher, name: str, number: int, seed: int, precision: Precision, ranks: Ranks = ALONE
) -> Member:
    """In a process of its own, or in this one; the same bytes in both.

    Args:
        name: of the pipeline. number: of the member, from 0 on. seed: of this member alone.
        precision: what this machine can do of what params ask for.
        ranks: who trains it together; the first one writes the weights.
    """
    params, _ = read_pipeline(name)
    meta = artifacts.read_json(artifacts.PREPARED / name / "meta.json")
    device = set_up(params.train.device, params.train.threads)
    how = params.train.model_copy(update={"precision": precision})
    made_on = fingerprint(device, how.threads, how.precision, ranks.size)

    pair = Pair.of(params.input, params.target, meta, device)
    torch.manual_seed(seed)
    model = build(params.target, meta, params.model).to(device)
    for caution in enough(model, name, min(at_once(device, how.threads), how.seeds)):
        watcher.note(caution)
    pretrained = artifacts.PRETRAINED / f"{name}.safetensors"
    if weights := first_weights(pretrained, number):
        try:
            model.begin_with(weights)
        except RuntimeError as error:
            raise artifacts.damaged(pretrained, error) from None

    train_file, valid_file = (artifacts.PREPARED / name / f"{split}.npz" for split in ("train", "valid"))
    files = (train_file, valid_file, pretrained, *code(params.input, params.target))
    given = seed, params.model_dump(exclude={"train": {"seeds"}}), meta
    if ranks.size > 1:
        ranks.require_same(digest(*given, *files))
    key = digest(*given, made_on, *files)
    checkpoint = Checkpoint(home() / artifacts.CHECKPOINTS / f"{name}-{key}")
    valid = pair.read(valid_file)
    train_split = pair.read(train_file)
    for sentence in pair.begin(model, train_split, valid):
        watcher.note(sentence)
    trained = train(model, pair, train_split, valid, how, seed, checkpoint, watcher, ranks)
    model.load_state_dict(trained.weights)
    if ranks.first:
        for sentence in pair.finish(model, train_split, valid, how):
            watcher.note(sentence)
        save_weights(artifacts.weights_in(artifacts.MODELS / name, params.train.seeds)[number], model.state_dict())
    return Member(trained.history, trained.kept_epoch, trained.seconds, trained.cpu_seconds, checkpoint)
