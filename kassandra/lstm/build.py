"""From parameters to the part of a model that reads. Configuration stops here: constructors take plain numbers.

`params` are a `model:` section: kassandra.params.sections.model.Model.
"""

from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.embedding import Embedding
from kassandra.lstm.encoder import Encoder
from kassandra.lstm.layers import Bidirectional, Stacked, VanillaLSTM
from kassandra.lstm.letters import WordsAlone, WordsAndLetters
from kassandra.lstm.summaries import Pooled


def build_reader(spec: ModelSpec, params: Any) -> tuple[Any, Encoder]:
    """What every model begins with: an embedding, where inputs are token ids, and the encoder on top of it.

    Raises:
        KassandraError: a size of `spec` is out of range, or `params` are of another kind of input.
    """
    if spec.outputs < 1:
        raise KassandraError(f"spec.outputs: {spec.outputs} must be ≥ 1, the classes or values to predict")
    if (spec.features < 1) == (spec.vocab_size < 1):
        raise KassandraError(
            f"spec: give either 'features' ≥ 1, the numbers per step, or 'vocab_size' ≥ 1, the token ids; "
            f"got {spec.features} and {spec.vocab_size}"
        )
    if reads_tokens(params) != (spec.vocab_size > 0):
        given, other = ("numbers", "token ids") if spec.vocab_size else ("token ids", "numbers")
        raise KassandraError(f"spec: these params are of models that read {given}, not {other}")
    if not reads_tokens(params):
        return None, build_encoder(spec.features, params)
    embedding = build_spelled(spec, params) if spec.letters else build_embedding(spec.vocab_size, params)
    return embedding, build_encoder(embedding.size, params)


def build_embedding(vocab_size: int, params: Any) -> Embedding:
    return Embedding(vocab_size, params.embedding_size, params.embedding_dropout, params.word_dropout)


def build_spelled(spec: ModelSpec, params: Any) -> WordsAlone | WordsAndLetters:
    """Of words that come with their letters, which a model may read or not."""
    if params.letters is None:
        return WordsAlone(build_embedding(spec.vocab_size, params))
    words = Embedding(spec.vocab_size, params.embedding_size, word_dropout=params.word_dropout)
    sizes = params.letters.embedding_size, params.letters.hidden_size, params.letters.longest
    return WordsAndLetters(words, spec.letters, *sizes, params.embedding_dropout)


def reads_tokens(params: Any) -> bool:
    """Whether these are params of a model of token ids."""
    return hasattr(params, "embedding_size")


def build_encoder(input_size: int, params: Any) -> Encoder:
    """The encoder of the variant that `params` name, for inputs (batch, time, input_size)."""
    encoder: Encoder = params.encoder(input_size)
    return encoder


def stack(input_size: int, params: Any) -> Encoder:
    """The LSTM layers of a variant, each in one direction or in both; several are stacked."""
    weight_dropout = params.weight_dropout if reads_tokens(params) else 0.0
    layers: list[Encoder] = []
    for _ in range(params.num_layers):
        ways = [
            VanillaLSTM(input_size, params.hidden_size, params.cell, weight_dropout)
            for _ in range(2 if params.bidirectional else 1)
        ]
        layers.append(Bidirectional(*ways) if params.bidirectional else ways[0])
        input_size = layers[-1].output_size
    return layers[0] if len(layers) == 1 else Stacked(layers, params.dropout, locked=reads_tokens(params))


def pooled(encoder: Encoder, readout: str) -> Encoder:
    """The encoder with the summary that `readout` names."""
    return encoder if readout == "last" else Pooled(encoder, readout)


def require_causal(encoder: Encoder) -> None:
    """For targets whose answer at a step must not know later steps.

    Raises:
        KassandraError: `encoder` is not causal.
    """
    if encoder.causal:
        return
    # The innermost one is the culprit: what wraps it only passes on its outputs.
    *_, culprit = (part for part in encoder.modules() if isinstance(part, Encoder) and not part.causal)
    name = type(culprit).__name__.lower()
    raise KassandraError(
        f"model: {name!r} lets each step see later ones, which this target must not; "
        "choose variant 'vanilla', or 'stacked' or 'attention' with bidirectional: false"
    )
