"""A decoder: writes a sequence from what an encoder has read of another one, and looks back at it by attention."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.embedding import Embedding
from kassandra.lstm.encoder import State, valid_steps
from kassandra.lstm.layers import VanillaLSTM


class Memory(NamedTuple):
    """What there is to look at, of one batch.

    values: (batch, time, size), outputs of the encoder. keys: (batch, time, key_size), what queries are compared with.
    padded: (batch, 1, time) bool, True at padding; None where every row is full.
    """

    values: Tensor
    keys: Tensor
    padded: Tensor | None

    def take(self, rows: Tensor) -> "Memory":
        """Some rows of the batch, in that order; a row may be taken several times."""
        return Memory(self.values[rows], self.keys[rows], None if self.padded is None else self.padded[rows])


class CrossAttention(nn.Module, ABC):
    """Weights that sum to 1 over the steps of a sequence that was read, exactly 0 at its padding."""

    @abstractmethod
    def keys(self, values: Tensor) -> Tensor:
        """(batch, time, key_size) of `values` (batch, time, size): what does not depend on the query, computed once."""

    @abstractmethod
    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """(batch, steps, time), any real number, of `queries` (batch, steps, query_size) and `keys`."""

    def memory(self, values: Tensor, lengths: Tensor | None) -> Memory:
        """What `forward` looks at, of an encoder's outputs (batch, time, size) and `lengths` (batch,)."""
        padded = None if lengths is None else ~valid_steps(lengths, values.shape[1]).unsqueeze(1)  # (batch, 1, time)
        return Memory(values, self.keys(values), padded)

    def forward(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Contexts (batch, steps, size) and weights (batch, steps, time) for `queries` (batch, steps, query_size)."""
        scores = self.scores(queries, memory.keys).float()  # (batch, steps, time)
        if memory.padded is not None:
            # exp(-inf) is exactly 0, and a row has at least one valid step: no row is all -inf.
            scores = scores.masked_fill(memory.padded, float("-inf"))
        weights = scores.softmax(2)  # (batch, steps, time)
        return weights.to(memory.values.dtype) @ memory.values, weights


class AdditiveAttention(CrossAttention):
    """v · tanh(W h_t + U s + b): Bahdanau et al. (2015), section 3.1 and appendix A.1.2. `encoder_size` is the
    output_size of the encoder, `query_size` that of the decoder's state, `size` that of the hidden layer, ≥ 1."""

    def __init__(self, encoder_size: int, query_size: int, size: int) -> None:
        super().__init__()
        self.key = nn.Linear(encoder_size, size)
        self.query = nn.Linear(query_size, size, bias=False)
        self.weigh = nn.Linear(size, 1, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        projected: Tensor = self.key(values)  # (batch, time, size)
        return projected

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        sums = self.query(queries).unsqueeze(2) + keys.unsqueeze(1)  # (batch, steps, time, size)
        weighed: Tensor = self.weigh(torch.tanh(sums)).squeeze(3)  # (batch, steps, time)
        return weighed


class DotAttention(CrossAttention):
    """h_t · s: Luong et al. (2015), eq. 8, `dot`. Nothing to learn; encoder and decoder must be of one size."""

    def keys(self, values: Tensor) -> Tensor:
        return values

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        return queries @ keys.transpose(1, 2)  # (batch, steps, size) @ (batch, size, time)


class GeneralAttention(DotAttention):
    """h_t · W s: Luong et al. (2015), eq. 8, `general`. Sizes as in AdditiveAttention."""

    def __init__(self, encoder_size: int, query_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(encoder_size, query_size, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        projected: Tensor = self.key(values)  # (batch, time, query_size)
        return projected


class Standing(NamedTuple):
    """Where a decoder stands after a step, all it needs to write on. Rows are rows of the batch.

    layers: one State per layer. fed: (batch, size), output of the last step; None without input feeding.
    """

    layers: list[State]
    fed: Tensor | None

    def take(self, rows: Tensor) -> "Standing":
        """Some rows of the batch, in that order; a row may be taken several times."""
        return Standing([state.take(rows) for state in self.layers], None if self.fed is None else self.fed[rows])


class Written(NamedTuple):
    """outputs: (batch, steps, size), what is compared with the vectors of tokens. standing: after the last step.
    attention: (batch, steps, time), each row sums to 1; None for a decoder without attention."""

    outputs: Tensor
    standing: Standing
    attention: Tensor | None


class RecurrentDecoder(nn.Module):
    """LSTM layers that read the tokens written so far and look back at the source at each step.

    A step is that of Luong et al. (2015), eq. 5, but for its tanh: the layers' new state s asks the attention for a
    context c, and the output is W [c; s]. (Both lie within ±1 already. With the tanh, how frequent tokens are is
    learned first, and drives it to its ends, from where it learns no more, or slowly.) With input feeding (section 3.3)
    the next step reads that beside its token, so steps are run one by one; without it, all steps of a known sequence
    are run at once by the fused layers.

    Args:
        embedding: of target tokens.
        layers: the input_size of the first is `embedding.size`, plus `size` with input feeding; each next one reads the
            outputs of the one before.
        attention: None looks at nothing but the state to begin from.
        encoder_size: output_size of the encoder whose summary makes that state.
        context_size: width of a context; 0 without attention.
        size: width of the output of a step.
        feeding: whether a step reads the output of the one before.
        dropout: probability of zeroing an element between layers, the same at all steps of a row.
    """

    def __init__(
        self, embedding: Embedding, layers: Sequence[VanillaLSTM], attention: CrossAttention | None, encoder_size: int,
        context_size: int, size: int, feeding: bool = False, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        if feeding and attention is None:
            raise KassandraError("RecurrentDecoder: input feeding needs an attention to feed")
        self.embedding = embedding
        self.layers = nn.ModuleList(layers)
        self.attention = attention
        self.feeding, self.dropout = feeding, dropout
        self.hidden_size = layers[-1].output_size
        self.sizes = [layer.output_size for layer in layers]
        self.parts = 2 if layers[0].cell == "lstm" else 1  # of a state: h and c, or h
        self.bridge = nn.Linear(encoder_size, self.parts * sum(self.sizes))
        self.say = nn.Linear(context_size + self.hidden_size, size)
        self.size = size

    def begin(self, summary: Tensor) -> Standing:
        """Where writing begins: states that are tanh(W summary + b), Bahdanau et al. (2015), appendix A.2.2.

        summary: (batch, encoder_size).
        """
        states = torch.tanh(self.bridge(summary))  # (batch, parts · sum of hidden sizes)
        each = states.split([self.parts * size for size in self.sizes], 1)
        layers = [State(*own.chunk(self.parts, 1)) for own in each]  # (batch, hidden_size) each
        return Standing(layers, summary.new_zeros(len(summary), self.size) if self.feeding else None)

    def forward(self, ids: Tensor, standing: Standing, memory: Memory | None) -> Written:
        """Read `ids` (batch, steps), the tokens written so far, on from `standing`, and say what comes after each."""
        vectors = self.embedding(ids)  # (batch, steps, embedding_size)
        if self.feeding:
            assert memory is not None
            return self._step_by_step(vectors, standing, memory)
        states = []
        for layer, mask, state in zip(self.layers, self._masks(vectors), standing.layers, strict=True):
            encoded = layer(vectors if mask is None else vectors * mask, None, [state])
            vectors = encoded.outputs  # (batch, steps, hidden_size)
            states += encoded.state
        outputs, attention = self._look(vectors, memory)
        return Written(outputs, Standing(states, None), attention)

    def _step_by_step(self, vectors: Tensor, standing: Standing, memory: Memory) -> Written:
        masks = [None if mask is None else mask.squeeze(1) for mask in self._masks(vectors)]  # (batch, size) each
        steps = [layer.stepper() for layer in self.layers if isinstance(layer, VanillaLSTM)]
        states, fed = list(standing.layers), standing.fed
        outputs, attention = [], []
        for vector in vectors.unbind(1):  # (batch, embedding_size)
            assert fed is not None
            below = torch.cat([vector, fed.to(vector.dtype)], 1)  # (batch, embedding_size + size)
            for number, (step, mask) in enumerate(zip(steps, masks, strict=True)):
                states[number] = step(below if mask is None else below * mask, states[number])
                below = states[number].h  # (batch, hidden_size)
            output, weights = self._look(below.unsqueeze(1), memory)
            fed = output.squeeze(1)  # (batch, size)
            outputs.append(output)
            attention.append(weights)
        looked = torch.cat([weights for weights in attention if weights is not None], 1)  # (batch, steps, time)
        return Written(torch.cat(outputs, 1), Standing(states, fed), looked)

    def _look(self, states: Tensor, memory: Memory | None) -> tuple[Tensor, Tensor | None]:
        """Outputs (batch, steps, size) of `states` (batch, steps, hidden_size), and the attention they came from."""
        if self.attention is None or memory is None:
            return self.say(states), None
        context, weights = self.attention(states, memory)  # (batch, steps, context_size), (batch, steps, time)
        return self.say(torch.cat([context, states.to(context.dtype)], 2)), weights

    def _masks(self, vectors: Tensor) -> list[Tensor | None]:
        """Of the input of each layer (batch, 1, size), drawn once for all steps; None where nothing is dropped."""
        if not self.training or not self.dropout:
            return [None] * len(self.sizes)
        kept = 1 - self.dropout
        drawn = [vectors.new_empty(len(vectors), 1, size).bernoulli_(kept).div_(kept) for size in self.sizes[:-1]]
        return [None, *drawn]  # what the first layer reads has its own dropout, that of the embedding
