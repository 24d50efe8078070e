"""A sequence for a sequence: an encoder reads the source, a decoder writes the target."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.spec import BOS, EOS, PAD, UNK
from kassandra.lstm.embedding import Embedding, LockedDropout
from kassandra.lstm.encoder import Encoded, Encoder, reverse_valid
from kassandra.targets.text.train.decoder import Memory, RecurrentDecoder, Standing, Written


class Memorised(NamedTuple):
    """A batch of sources after they were read: what there is to look at, and where writing begins."""

    memory: Memory | None
    standing: Standing


class EncoderDecoder(nn.Module):
    """Encoder-decoder (Sutskever et al. 2014), with attention (Bahdanau et al. 2015; Luong et al. 2015) or without.

    Args:
        embedding: of source tokens.
        encoder: reads `embedding.size` numbers per step.
        decoder: writes; `decoder.size` is that of the vectors that its outputs are compared with.
        outputs: number of target tokens.
        tied: whether these vectors are those of the decoder's embedding (Press & Wolf 2017).
        dropout: probability of zeroing an element of outputs of encoder and decoder, the same at all steps of a row.
        reverse_source: whether sources are read from their end (Sutskever et al. 2014, section 3.3).
    """

    def __init__(
        self, embedding: Embedding, encoder: Encoder, decoder: RecurrentDecoder, outputs: int, tied: bool,
        dropout: float = 0.0, reverse_source: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.embedding = embedding
        self.encoder = encoder
        self.decoder = decoder
        self.dropout = LockedDropout(dropout)
        self.tied, self.reverse_source = tied, reverse_source
        self.bias = nn.Parameter(torch.zeros(outputs))
        if not tied:
            self.weight = nn.Parameter(torch.empty(outputs, decoder.size).uniform_(-0.1, 0.1))

    def read(self, ids: Tensor, lengths: Tensor | None) -> Memorised:
        """Read sources (batch, time) of token ids; `lengths` as in Encoder. Attention is over places of the source as
        it stands, whichever way it was read."""
        if self.reverse_source:
            ids = reverse_valid(ids.unsqueeze(2), lengths).squeeze(2)  # (batch, time)
        encoded: Encoded = self.encoder(self.embedding(ids), lengths)
        standing = self.decoder.begin(encoded.summary)
        if self.decoder.attention is None:
            return Memorised(None, standing)
        outputs = self.dropout(encoded.outputs)  # (batch, time, encoder_size)
        if self.reverse_source:
            outputs = reverse_valid(outputs, lengths)
        return Memorised(self.decoder.attention.memory(outputs, lengths), standing)

    def write(self, source: Memorised, ids: Tensor) -> Written:
        """Read `ids` (batch, steps), what was written so far from BOS on, and say what comes after each of them."""
        written: Written = self.decoder(ids, source.standing, source.memory)
        return written._replace(outputs=self.dropout(written.outputs))

    def logits(self, outputs: Tensor) -> Tensor:
        """(…, outputs) of `outputs` (…, size)."""
        return F.linear(outputs, self.decoder.embedding.table.weight if self.tied else self.weight, self.bias)

    def losses(self, ids: Tensor, lengths: Tensor | None, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """(tokens,) nats of each token of `targets` (batch, steps) that is not padding, predicted from those
        before it (teacher forcing). Each row ends with EOS; the first token is predicted from BOS.

        label_smoothing: share of the target probability that is spread over all tokens (Szegedy et al. 2016, section
        7).
        """
        real = targets != PAD  # (batch, steps)
        begin = targets.new_full((len(targets), 1), BOS)
        written = self.write(self.read(ids, lengths), torch.cat([begin, targets[:, :-1]], 1))
        logits = self.logits(written.outputs[real]).float()  # (tokens, outputs)
        return F.cross_entropy(logits, targets[real], reduction="none", label_smoothing=label_smoothing)

    def next(self, source: Memorised, tokens: Tensor) -> tuple[Tensor, Standing, Tensor | None]:
        """One step of writing.

        tokens: (batch,), written last. Returns log-probabilities (batch, outputs) of what comes next, never padding, a
        beginning or an unknown token; where the decoder then stands; and the attention (batch, time), if there is one.
        """
        written = self.write(source, tokens.unsqueeze(1))
        log_probabilities = self.logits(written.outputs[:, 0]).float().log_softmax(1)  # (batch, outputs)
        log_probabilities[:, [PAD, UNK, BOS]] = float("-inf")
        looked = None if written.attention is None else written.attention[:, 0]
        return log_probabilities, written.standing, looked

    def greedy(self, ids: Tensor, lengths: Tensor | None, longest: Tensor) -> list[list[int]]:
        """The likeliest token at each step, until EOS or `longest` (batch,) tokens, for each source (batch, time)."""
        source, token = self.read(ids, lengths), ids.new_full((len(ids),), BOS)
        written = ids.new_full((len(ids), int(longest.max())), PAD)
        going = torch.ones_like(token, dtype=torch.bool)  # (batch,)
        for step in range(written.shape[1]):
            log_probabilities, standing, _ = self.next(source, token)
            source, token = source._replace(standing=standing), log_probabilities.argmax(1)  # (batch,)
            written[:, step] = token.masked_fill(~going, PAD)
            going &= (token != EOS) & (longest > step + 1)
            if not going.any():
                break
        return [row[row != PAD].tolist() for row in written]
