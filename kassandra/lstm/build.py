"""From parameters to a model. Configuration stops here: constructors take plain numbers."""

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.attention import Additive, Attention, Dot, General, Score
from kassandra.lstm.bidirectional import Bidirectional
from kassandra.lstm.embedding import Embedding
from kassandra.lstm.encoder import Encoder
from kassandra.lstm.language_model import LanguageModel
from kassandra.lstm.pooling import Pooled
from kassandra.lstm.stacked import Stacked
from kassandra.lstm.vanilla import VanillaLSTM
from kassandra.params.model import ForecasterParams, ModelParams, TokenParams, TranslatorParams, WriterParams
from kassandra.targets.forecast.train.heads import Forecaster
from kassandra.targets.label.train.classifier import Classifier
from kassandra.targets.text.train import cross_attention
from kassandra.targets.text.train.cross_attention import CrossAttention
from kassandra.targets.text.train.decoder import Decoder
from kassandra.targets.text.train.translator import Translator

Model = Classifier | Forecaster | LanguageModel | Translator


def build(spec: ModelSpec, params: ModelParams) -> Model:
    """The model for a task, its weights drawn from PyTorch's global generator: seed it first.

    Args:
        params: of the class that `params_for(spec)` names.

    Returns:
        For many_to_one a Classifier, or a Forecaster where the answers are numbers; for many_to_many a LanguageModel;
        for encoder_decoder a Translator.

    Raises:
        KassandraError: there is no such architecture yet, or a size of `spec` is out of range.
    """
    if spec.outputs < 1:
        raise KassandraError(f"spec.outputs: {spec.outputs} must be ≥ 1, the classes or values to predict")
    if (spec.features < 1) == (spec.vocab_size < 1):
        raise KassandraError(
            f"spec: give either 'features' ≥ 1, the numbers per step, or 'vocab_size' ≥ 1, the token ids; "
            f"got {spec.features} and {spec.vocab_size}"
        )
    if isinstance(params, TokenParams) != (spec.vocab_size > 0):
        read, other = ("numbers", "token ids") if spec.vocab_size else ("token ids", "numbers")
        raise KassandraError(f"spec: {type(params).__name__} are of models that read {read}, not {other}")
    if isinstance(params, ForecasterParams) != (spec.answers == "numbers"):
        raise KassandraError(f"spec: {type(params).__name__} are not of models whose answers are {spec.answers}")
    embedding = _embedding(spec.vocab_size, params) if isinstance(params, TokenParams) else None
    encoder = build_encoder(spec.features if embedding is None else embedding.size, params)
    match spec.architecture:
        case "many_to_one" if isinstance(params, ForecasterParams):
            window_size = spec.steps * spec.features if params.linear else None
            return Forecaster(encoder, spec.outputs, params.head, window_size, params.dropout)
        case "many_to_one":
            return Classifier(encoder, spec.outputs, params.dropout, embedding)
        case "many_to_many" if isinstance(params, WriterParams) and embedding is not None:
            require_causal(encoder)
            return LanguageModel(embedding, encoder, spec.vocab_size, params.dropout, params.tied, params.samples)
        case "encoder_decoder" if isinstance(params, TranslatorParams) and embedding is not None:
            return _translator(spec, params, embedding, encoder)
        case other:
            raise KassandraError(f"spec.architecture: there is no model yet for {other!r} with this input")


def build_encoder(input_size: int, params: ModelParams) -> Encoder:
    """The encoder that `params` describe, for inputs (batch, time, input_size)."""
    layers: list[Encoder] = []
    for _ in range(params.num_layers):
        layers.append(_layer(input_size, params))
        input_size = layers[-1].output_size
    locked = isinstance(params, TokenParams)
    encoder = layers[0] if len(layers) == 1 else Stacked(layers, params.dropout, locked)
    if params.variant == "attention":
        return Attention(encoder, _score(encoder.output_size, params))
    return encoder if params.readout == "last" else Pooled(encoder, params.readout)


def _translator(spec: ModelSpec, params: TranslatorParams, embedding: Embedding, encoder: Encoder) -> Translator:
    how = params.decoder
    hidden_size, num_layers = how.hidden_size or params.hidden_size, how.num_layers or params.num_layers
    own = embedding if spec.joint else _embedding(spec.outputs, params)
    size = own.size if how.tied else hidden_size  # of what a step says
    layers = [
        VanillaLSTM(
            (own.size + size * how.input_feeding) if number == 0 else hidden_size,
            hidden_size, params.cell, params.weight_dropout,
        )
        for number in range(num_layers)
    ]  # fmt: skip
    attention = _cross_attention(params, encoder.step_size, hidden_size)
    context_size = 0 if attention is None else encoder.step_size
    decoder = Decoder(
        own, layers, attention, encoder.output_size, context_size, size, how.input_feeding, params.dropout
    )
    return Translator(embedding, encoder, decoder, spec.outputs, how.tied, params.dropout, params.reverse_source)


def _cross_attention(params: TranslatorParams, encoder_size: int, hidden_size: int) -> CrossAttention | None:
    match params.decoder.attention:
        case "additive":
            size = params.decoder.attention_size or hidden_size
            return cross_attention.Additive(encoder_size, hidden_size, size)
        case "general":
            return cross_attention.General(encoder_size, hidden_size)
        case "dot":
            return cross_attention.Dot()
        case "none":
            return None


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


def _embedding(vocab_size: int, params: TokenParams) -> Embedding:
    return Embedding(vocab_size, params.embedding_size, params.embedding_dropout, params.word_dropout)


def _layer(input_size: int, params: ModelParams) -> Encoder:
    def one_way() -> VanillaLSTM:
        weight_dropout = params.weight_dropout if isinstance(params, TokenParams) else 0.0
        return VanillaLSTM(input_size, params.hidden_size, params.cell, weight_dropout)

    return Bidirectional(one_way(), one_way()) if params.bidirectional else one_way()


def _score(encoder_size: int, params: ModelParams) -> Score:
    match params.attention.kind:
        case "additive":
            return Additive(encoder_size, params.attention.size or 64)
        case "dot":
            return Dot()
        case "general":
            return General(encoder_size)
