"""A trained model put to use: `kassandra.load(folder).predict(…)`, or `.write(prompt)` for a language model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra import tasks
from kassandra.contracts.artifacts import damaged
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import PAD, UNK
from kassandra.models import folder as model_folder
from kassandra.models.classifier import Classifier
from kassandra.models.encoder import State
from kassandra.models.forecaster import Forecaster as ForecasterModel
from kassandra.models.language import LanguageModel


class Outputs(NamedTuple):
    log_probabilities: NDArray[np.float64]  # (examples, classes)
    attention: list[NDArray[np.float32]] | None  # per example (steps,), for the attention variant


class Prediction(NamedTuple):
    label: str
    probability: float  # of the label, in (0, 1]
    probabilities: dict[str, float]  # of every class; they sum to 1


class Loaded:
    """What a model folder holds, in memory, in fp32.

    meta: what prepare wrote. fingerprint: of the machine that trained the model. task: how its inputs are read.
    """

    def __init__(self, folder: Path, loaded: model_folder.Loaded, device: torch.device) -> None:
        self.meta, self.fingerprint = loaded.meta, loaded.fingerprint
        try:
            self.task = tasks.load(self.meta["task"]).Task(self.meta, device)
        except (ImportError, KeyError, TypeError, ValueError) as error:
            raise damaged(folder / "meta.json", error) from None


class Predictor(Loaded):
    """A classifier; `load` gives one."""

    def __init__(self, folder: Path, loaded: model_folder.Loaded, model: Classifier, device: torch.device) -> None:
        super().__init__(folder, loaded, device)
        self.model = model.to(device)

    def predict(self, inputs: Any) -> list[Prediction]:
        """One prediction per example.

        Args:
            inputs: for images an array (height, width) or (examples, height, width), whole numbers in [0, 255] or
                fractions in [0, 1], bright on dark like the images it was trained on; for texts a list of them; for
                recordings an array (samples,), or a list of such, at the sample rate that `meta` names.

        Raises:
            KassandraError: they are something else.
        """
        return self.predictions(self.outputs(self.task.own_input(inputs)))

    def predictions(self, outputs: Outputs) -> list[Prediction]:
        """What `outputs` say, by name."""
        classes = self.meta["classes"]
        return [
            Prediction(classes[row.argmax()], float(row.max()), dict(zip(classes, row.tolist(), strict=True)))
            for row in np.exp(outputs.log_probabilities)  # (classes,) each
        ]

    @torch.inference_mode()
    def outputs(self, split: Any) -> Outputs:
        """What the model says of every example of a split that the task has read, in order."""
        count = self.task.size(split)
        log_probabilities = np.empty((count, len(self.meta["classes"])))
        attention: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * count
        weighs = False
        for rows, batch in self.task.numbered_batches(split):
            encoded = self.model.encode(batch.inputs, batch.lengths)
            log_probabilities[rows] = self.model.answer(encoded).double().log_softmax(1).cpu()  # (batch, classes)
            if encoded.attention is not None:
                weighs = True
                weights = encoded.attention.float().cpu().numpy()  # (batch, time)
                lengths = [weights.shape[1]] * len(rows) if batch.lengths is None else batch.lengths.tolist()
                for row, length, shares in zip(rows, lengths, weights, strict=True):
                    attention[row] = shares[:length]
        return Outputs(log_probabilities, attention if weighs else None)

    def contributions(self, inputs: Any) -> list[NDArray[np.float64]]:
        """Per text (tokens,): how much each token speaks for the label that is predicted, or against it.

        The gradient of the label's log-odds times the token's vector: to first order what the log-odds would lose
        without it (Denil et al. 2014, eq. 1). Only for models that read token ids.
        """
        assert self.model.embedding is not None, "images have no tokens"
        found, split = [], self.task.own_input(inputs)
        order = [(row, batch) for rows, batch in self.task.numbered_batches(split, 1) for row in rows]
        for _, batch in sorted(order, key=lambda numbered: int(numbered[0])):
            # cuDNN refuses the backward pass of a recurrent layer in evaluation mode.
            with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
                vectors = self.model.embedding(batch.inputs).detach().requires_grad_()  # (1, time, size)
                logits = self.model.answer(self.model.encoder(vectors, batch.lengths))[0]  # (classes,)
                label = int(logits.argmax())
                others = torch.cat([logits[:label], logits[label + 1 :]]).logsumexp(0)
                (gradient,) = torch.autograd.grad(logits[label] - others, vectors)
            found.append((gradient * vectors).sum(2)[0].detach().double().cpu().numpy())  # (time,)
        return found


class Forecast(NamedTuple):
    """point: (origins, horizon, targets) float64, in the units of the series. quantiles: (levels, origins, horizon,
    targets) at contracts.spec.LEVELS, or None for a model that tells a point alone. attention: (origins, window) for
    the attention variant."""

    point: NDArray[np.float64]
    quantiles: NDArray[np.float64] | None
    attention: NDArray[np.float32] | None


class Forecaster(Loaded):
    """A model of numbers to come; `load` gives one."""

    def __init__(self, folder: Path, loaded: model_folder.Loaded, model: ForecasterModel, device: torch.device) -> None:
        super().__init__(folder, loaded, device)
        self.model = model.to(device)

    def predict(self, table: str | Path, series: str | None = None) -> Forecast:
        """What comes after the last row of each series of a table with the columns that the model was trained on.

        Args:
            series: which of the series in train it is, for a table that does not name its series.

        Raises:
            KassandraError: the table cannot be read, has a series that train had not, or too few rows.
        """
        return self.outputs(self.task.own_input(Path(table), series))

    @torch.inference_mode()
    def outputs(self, split: Any) -> Forecast:
        """What the model tells after every origin of a split that the task has read, in order."""
        points, quantiles, attention = [], [], []
        for rows, batch in self.task.numbered_batches(split):
            encoded = self.model.encode(batch.inputs)
            told = self.model.tell(self.model.answer(encoded, batch.inputs))
            points.append(self.task.restore(told.point.double().cpu().numpy(), split, rows))
            if told.quantiles is not None:
                quantiles.append(self.task.restore(told.quantiles.double().cpu().numpy(), split, rows))
            if encoded.attention is not None:
                attention.append(encoded.attention.float().cpu().numpy())  # (batch, window)
        return Forecast(
            np.concatenate(points),
            np.concatenate(quantiles, axis=1) if quantiles else None,
            np.concatenate(attention) if attention else None,
        )


class Writer(Loaded):
    """A language model; `load` gives one."""

    def __init__(self, folder: Path, loaded: model_folder.Loaded, model: LanguageModel, device: torch.device) -> None:
        super().__init__(folder, loaded, device)
        self.model, self.device = model.to(device), device

    @torch.inference_mode()
    def losses(self, split: Any) -> NDArray[np.float64]:
        """(tokens - 1,) nats of each token of a split but the first, each told from all that stands before it."""
        losses: NDArray[np.float64] = self.task.losses(self.model, split).numpy()
        return losses

    @torch.inference_mode()
    def write(
        self, prompt: str, length: int, temperature: float = 1.0, top_p: float = 1.0, seed: int = 0
    ) -> Iterator[str]:
        """What may follow on `prompt`, piece by piece; the same for the same seed.

        Args:
            length: how many characters, or words, are written.
            temperature: logits are divided by it: below 1 more likely pieces, above 1 less likely ones; 0 always takes
                the likeliest.
            top_p: draws are from the fewest likeliest pieces whose probabilities reach it (nucleus sampling; Holtzman
                et al. 2020), in (0, 1].

        Raises:
            KassandraError: a value is out of range, or nothing of the prompt is in the vocabulary.
        """
        if not (0 <= temperature < float("inf") and 0 < top_p <= 1 and length >= 1):
            raise KassandraError(
                "expected 0 ≤ temperature < ∞, 0 < top_p ≤ 1 and length ≥ 1, "
                f"got {temperature:g}, {top_p:g} and {length}"
            )
        ids = self.task.own_input(prompt).to(self.device)  # (tokens,)
        generator = torch.Generator().manual_seed(seed)
        state: list[State] | None = None
        for _ in range(length):
            read = self.model(ids.unsqueeze(0), state)
            state = read.state
            logits = self.model.logits(read.outputs[0, -1]).double().cpu()  # (vocab_size,)
            logits[[PAD, UNK]] = float("-inf")  # neither is anything to write
            ids = draw(logits, temperature, top_p, generator).view(1).to(self.device)
            yield self.task.piece(int(ids))


def draw(logits: torch.Tensor, temperature: float, top_p: float, generator: torch.Generator) -> torch.Tensor:
    """() the id of a token drawn by `logits` (vocab_size,); see `Writer.write`."""
    if temperature == 0:
        return logits.argmax()
    logits = (logits - logits.max()) / temperature  # none above 0, so that a small temperature gives no infinity
    probabilities, ids = logits.softmax(0).sort(descending=True, stable=True)  # (vocab_size,) each
    before = probabilities.cumsum(0) - probabilities  # (vocab_size,): of all that are likelier
    kept = probabilities.masked_fill(before >= top_p, 0)  # the likeliest always stays
    return ids[torch.multinomial(kept, 1, generator=generator)].squeeze(0)


def load(folder: str | Path, device: str | torch.device = "cpu") -> Any:
    """A trained model from its folder: a Predictor, for language models a Writer, for numbers to come a Forecaster.

    Args:
        folder: what training wrote, as data/models/mnist; it may lie anywhere.
        device: where to compute.

    Raises:
        KassandraError: the folder is no such folder, or is damaged.
    """
    folder, device = Path(folder), torch.device(device)
    loaded = model_folder.load(folder)
    if isinstance(loaded.model, LanguageModel):
        return Writer(folder, loaded, loaded.model, device)
    if isinstance(loaded.model, ForecasterModel):
        return Forecaster(folder, loaded, loaded.model, device)
    return Predictor(folder, loaded, loaded.model, device)
