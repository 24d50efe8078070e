"""From parameters to a model. Configuration stops here: constructors take plain numbers."""

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.model_params import ModelParams
from kassandra.contracts.spec import ModelSpec
from kassandra.models.attention import Additive, Attention, Dot, General, Score
from kassandra.models.bidirectional import Bidirectional
from kassandra.models.classifier import Classifier
from kassandra.models.encoder import Encoder
from kassandra.models.pooling import Pooled
from kassandra.models.stacked import Stacked
from kassandra.models.vanilla import VanillaLSTM

ARCHITECTURES = ["many_to_one"]


def build(spec: ModelSpec, params: ModelParams) -> Classifier:
    """The model for a task, its weights drawn from PyTorch's global generator: seed it first.

    Returns:
        A module that takes inputs (batch, time, spec.features) and lengths (batch,) | None, and gives logits
        (batch, spec.outputs).

    Raises:
        KassandraError: the architecture is unknown or not built yet, or a size of `spec` is out of range.
    """
    if spec.architecture not in ARCHITECTURES:
        raise KassandraError(
            f"spec.architecture: there is no model yet for {spec.architecture!r}; there are models for {ARCHITECTURES}"
        )
    if spec.vocab_size:
        raise KassandraError(
            f"spec.vocab_size: models read numbers, not token ids, so it must be 0, got {spec.vocab_size}; "
            "give 'features' instead"
        )
    if spec.features < 1:
        raise KassandraError(f"spec.features: {spec.features} must be ≥ 1, the numbers per step")
    if spec.outputs < 1:
        raise KassandraError(f"spec.outputs: {spec.outputs} must be ≥ 1, the classes or values to predict")
    return Classifier(build_encoder(spec.features, params), spec.outputs, params.dropout)


def build_encoder(input_size: int, params: ModelParams) -> Encoder:
    """The encoder that `params` describe, for inputs (batch, time, input_size)."""
    layers: list[Encoder] = []
    for _ in range(params.num_layers):
        layers.append(_layer(input_size, params))
        input_size = layers[-1].output_size
    encoder = layers[0] if len(layers) == 1 else Stacked(layers, params.dropout)
    if params.variant == "attention":
        return Attention(encoder, _score(encoder.output_size, params))
    return encoder if params.readout == "last" else Pooled(encoder, params.readout)


def require_causal(encoder: Encoder) -> None:
    """For tasks in which the answer at a step must not know later steps.

    Raises:
        KassandraError: `encoder` is not causal.
    """
    if encoder.causal:
        return
    # The innermost one is the culprit: what wraps it only passes on what it says.
    *_, culprit = (part for part in encoder.modules() if isinstance(part, Encoder) and not part.causal)
    name = type(culprit).__name__.lower()
    raise KassandraError(
        f"model: {name!r} lets each step see later ones, which this task must not; "
        "choose variant 'vanilla', or 'stacked' or 'attention' with bidirectional: false"
    )


def _layer(input_size: int, params: ModelParams) -> Encoder:
    ahead = VanillaLSTM(input_size, params.hidden_size, params.cell)
    if not params.bidirectional:
        return ahead
    return Bidirectional(ahead, VanillaLSTM(input_size, params.hidden_size, params.cell))


def _score(encoder_size: int, params: ModelParams) -> Score:
    match params.attention.kind:
        case "additive":
            return Additive(encoder_size, params.attention.size or 64)
        case "dot":
            return Dot()
        case "general":
            return General(encoder_size)
