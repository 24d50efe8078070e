"""What the parts refuse, and what each computes, on numbers small enough to check by eye."""

import pytest
import torch

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.encoder import Encoded, Encoder
from kassandra.lstm.layers import VanillaLSTM
from kassandra.lstm.summaries import AdditiveScorer, Attentive, DotScorer, GeneralScorer, Pooled

LENGTHS = torch.tensor([3, 2])


class Echo(Encoder):
    """Says what it reads, and sums it up by its second step, which no other way of reading would."""

    output_size, causal = 2, True

    def forward(self, inputs, lengths, state=None):
        return Encoded(inputs, inputs[:, 1], None)


STEPS = torch.tensor([[[1.0, -4.0], [3.0, -1.0], [2.0, -1.0]], [[-1.0, 5.0], [-3.0, 7.0], [0.0, 0.0]]])  # (2, 3, 2)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: VanillaLSTM(3, 5, "lstmm"),
            "VanillaLSTM: unknown cell 'lstmm'; known cells are ['gru', 'lstm', 'rnn'] (did you mean 'lstm'?)",
        ),
        (
            lambda: Pooled(Echo(), "min"),
            "Pooled: unknown pooling 'min'; known poolings are ['concat', 'max', 'mean']",
        ),
    ],
)
def test_unknown_choices_are_refused(make, text):
    with pytest.raises(KassandraError) as error:
        make()
    assert str(error.value) == text


def test_max_pooling_takes_no_zero_from_the_padding():
    assert Pooled(Echo(), "max")(STEPS, LENGTHS).summary.tolist() == [[3, -1], [-1, 7]]
    assert Pooled(Echo(), "max")(STEPS, None).summary.tolist() == [[3, -1], [0, 7]]


def test_mean_pooling_divides_by_the_length():
    assert Pooled(Echo(), "mean")(STEPS, LENGTHS).summary.tolist() == [[2, -2], [-2, 6]]
    assert Pooled(Echo(), "mean")(STEPS, None).summary[0].tolist() == [2, -2]


def test_concat_pooling_puts_the_end_max_and_mean_side_by_side():
    assert [Pooled(Echo(), pooling).output_size for pooling in ("max", "mean", "concat")] == [2, 2, 6]
    assert Pooled(Echo(), "concat")(STEPS, LENGTHS).summary.tolist() == [[3, -1, 3, -1, 2, -2], [-3, 7, -1, 7, -2, 6]]
    full = Pooled(Echo(), "concat")(STEPS, None).summary
    assert full[0].tolist() == [3, -1, 3, -1, 2, -2]
    assert full[1, :4].tolist() == [-3, 7, 0, 7]


def test_dot_attention():
    encoded = Attentive(Echo(), DotScorer())(STEPS, LENGTHS)
    for row, length in enumerate([3, 2]):
        valid, query = STEPS[row, :length], STEPS[row, 1]  # (length, size), (size,)
        weights = torch.softmax(torch.stack([(step * query).sum() for step in valid]), dim=0)  # (length,)
        torch.testing.assert_close(encoded.attention[row, :length], weights)
        torch.testing.assert_close(encoded.summary[row], sum(a * h for a, h in zip(weights, valid, strict=True)))


def test_general_attention_is_dot_attention_with_a_learned_query():
    torch.manual_seed(0)
    score = GeneralScorer(2)
    W = score.query.weight
    torch.testing.assert_close(score(STEPS, STEPS[:, 0])[1, 1], STEPS[1, 1] @ W @ STEPS[1, 0])
    with torch.no_grad():
        W.copy_(torch.eye(2))
    torch.testing.assert_close(score(STEPS, STEPS[:, 0]), DotScorer()(STEPS, STEPS[:, 0]))


def test_additive_attention():
    torch.manual_seed(0)
    score = AdditiveScorer(2, 7)
    W, b, v = score.key.weight, score.key.bias, score.query.weight[0]
    torch.testing.assert_close(score(STEPS, STEPS[:, 0])[1, 1], v @ torch.tanh(W @ STEPS[1, 1] + b))


def test_attention_survives_scores_beyond_the_range_of_exp():
    encoded = Attentive(Echo(), DotScorer())(STEPS * 1e4, LENGTHS)
    assert encoded.attention.tolist() == [[0, 1, 0], [0, 1, 0]]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_cuda_equals_cpu(cell):
    torch.manual_seed(0)
    encoder, inputs = Attentive(VanillaLSTM(3, 5, cell), AdditiveScorer(5)), torch.randn(2, 3, 3)
    here = encoder(inputs, LENGTHS)
    there = encoder.cuda()(inputs.cuda(), LENGTHS.cuda())
    torch.testing.assert_close(there.summary.cpu(), here.summary, rtol=0, atol=1e-4)  # cuDNN may use TF32
    torch.testing.assert_close(there.attention.cpu(), here.attention, rtol=0, atol=1e-4)
