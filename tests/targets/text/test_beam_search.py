"""Beam search: of one it is greedy, of all it finds the best, and in every case it tells the truth."""

import copy
import itertools

import pytest
import torch

from kassandra.contracts.spec import BOS, EOS, ModelSpec
from kassandra.params.targets.text import Model
from kassandra.targets.text.evaluate.together import Together
from kassandra.targets.text.train.encoder_decoder import length_normaliser, search
from kassandra.targets.text.train.target import build

WORDS, OUTPUTS = 11, 7  # of the outputs <pad>, <unk>, <s>, </s> and three words
DECODERS = [{"attention": "additive", "input_feeding": True}, {"attention": "general", "input_feeding": False}]
DECODERS += [{"attention": "none"}]


@pytest.fixture(scope="module", params=DECODERS, ids=lambda decoder: decoder["attention"])
def model(request, one_thread_of_models):
    torch.manual_seed(1)
    params = {"variant": "bidirectional", "hidden_size": 6, "embedding_size": 5, "decoder": request.param}
    model = build(ModelSpec(OUTPUTS, vocab_size=WORDS), Model.model_validate(params))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)  # so that tokens differ much in how likely they are
    return model.eval()


@pytest.fixture(scope="module")
def one_thread_of_models():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def sources():
    ids = torch.randint(4, WORDS, (6, 7), generator=torch.Generator().manual_seed(0))
    return ids, torch.tensor([7, 1, 3, 5, 2, 7])


def greedy(model, ids, longest):
    source, token, written = model.read(ids, None), torch.tensor([BOS]), []
    while len(written) < longest and EOS not in written:
        log_probabilities, standing, _ = model.next(source, token)
        token = log_probabilities.argmax(1)
        source = source._replace(standing=standing)
        written.append(int(token))
    return written


def likelihood(model, ids, tokens):
    """log p of a translation, by teacher forcing."""
    with torch.no_grad():
        return -float(model.losses(ids, None, torch.tensor([tokens])).double().sum())


def test_a_beam_of_one_is_greedy(model, sources):
    ids, lengths = sources
    longest = torch.tensor([9, 4, 1, 6, 3, 2])
    got = search(model, ids, lengths, longest, beam=1)
    assert [one.tokens for one in got] == model.greedy(ids, lengths, longest)
    for row, hypothesis in enumerate(got):
        alone = ids[row : row + 1, : lengths[row]]
        assert hypothesis.tokens == greedy(model, alone, int(longest[row]))


@pytest.mark.parametrize("length_penalty", [0.0, 1.0, 2.0])
@pytest.mark.slow
def test_a_beam_as_wide_as_all_there_is_finds_the_best_of_all(model, sources, length_penalty):
    """Every translation of at most three tokens is scored one by one."""
    ids, lengths = sources
    words, everything = range(4, OUTPUTS), []
    for length in range(3):
        everything += [[*words_before, EOS] for words_before in itertools.product(words, repeat=length)]
    everything += [list(tokens) for tokens in itertools.product(words, repeat=3)]  # stopped at the limit
    got = search(model, ids, lengths, torch.full((6,), 3), beam=len(everything), length_penalty=length_penalty)
    for row, hypothesis in enumerate(got):
        alone = ids[row : row + 1, : lengths[row]]
        scores = [
            likelihood(model, alone, tokens) / length_normaliser(len(tokens), length_penalty) for tokens in everything
        ]
        assert hypothesis.tokens == everything[max(range(len(scores)), key=scores.__getitem__)]
        assert hypothesis.score == pytest.approx(max(scores), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("beam", [1, 2, 5])
def test_probabilities_and_attention_are_those_of_the_tokens_written(model, sources, beam):
    ids, lengths = sources
    got = search(model, ids, lengths, torch.full((6,), 9), beam, keep_attention=True)
    for row, hypothesis in enumerate(got):
        alone = ids[row : row + 1, : lengths[row]]
        assert hypothesis.log_probability == pytest.approx(likelihood(model, alone, hypothesis.tokens), rel=1e-5)
        assert hypothesis.score == hypothesis.log_probability / length_normaliser(len(hypothesis.tokens), 1.0)
        before = torch.tensor([[BOS, *hypothesis.tokens[:-1]]])
        attention = model.write(model.read(alone, None), before).attention
        if attention is None:
            assert hypothesis.attention is None
        else:
            torch.testing.assert_close(hypothesis.attention[:, : lengths[row]], attention[0])
            assert (hypothesis.attention[:, lengths[row] :] == 0).all()
        assert EOS not in hypothesis.tokens[:-1]
        assert len(hypothesis.tokens) == 9 or hypothesis.tokens[-1] == EOS


@pytest.mark.slow
@pytest.mark.parametrize("beam", [1, 3])
def test_a_source_alone_is_translated_as_in_a_batch_and_again_as_before(model, sources, beam):
    ids, lengths = sources
    longest = 2 * lengths + 1
    together = search(model, ids, lengths, longest, beam)
    assert [one.tokens for one in search(model, ids, lengths, longest, beam)] == [one.tokens for one in together]
    for row in range(6):
        rows = slice(row, row + 1)
        (alone,) = search(model, ids[rows, : lengths[row]], lengths[rows], longest[rows], beam)
        assert alone.tokens == together[row].tokens


def test_a_wider_beam_does_not_lose_what_is_likelier_here(model, sources):
    """Without length normalisation, over these sources together; for a single one it may."""
    ids, lengths = sources
    scores = [
        sum(one.score for one in search(model, ids, lengths, torch.full((6,), 6), beam, length_penalty=0.0))
        for beam in (1, 2, 8, 64)
    ]
    assert all(wider >= narrower - 1e-5 for narrower, wider in itertools.pairwise(scores))
    assert scores[-1] > scores[0]


def test_a_larger_length_penalty_prefers_longer_translations(model, sources):
    ids, lengths = sources
    written = [
        sum(len(one.tokens) for one in search(model, ids, lengths, torch.full((6,), 8), 8, length_penalty=penalty))
        for penalty in (0.0, 1.0, 3.0)
    ]
    assert written == sorted(written)
    assert written[0] < written[-1]


@pytest.fixture
def another(model):
    """Of the same shape, with other weights."""
    generator, other = torch.Generator().manual_seed(5), copy.deepcopy(model)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator))
    return other.eval()


@pytest.mark.parametrize("beam", [1, 3])
def test_members_that_are_the_same_write_what_one_of_them_does(model, sources, beam):
    ids, lengths = sources
    longest = torch.full((6,), 5)
    alone = search(model, ids, lengths, longest, beam, keep_attention=True)
    for count in (2, 3):
        joint = search(Together([model] * count), ids, lengths, longest, beam, keep_attention=True)
        for one, other in zip(joint, alone, strict=True):
            assert one.tokens == other.tokens
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-4)
            if other.attention is None:
                assert one.attention is None
            else:
                torch.testing.assert_close(one.attention, other.attention, rtol=0, atol=1e-5)


@torch.no_grad()
def test_several_go_by_the_mean_of_their_probabilities(model, another, sources):
    """Token by token along what they write together."""
    ids, lengths = sources
    members, longest = [model, another], torch.full((6,), 4)
    for row, one in enumerate(search(Together(members), ids, lengths, longest, 3)):
        own, total = ids[row : row + 1, : lengths[row]], 0.0
        standing, token = [member.read(own, None) for member in members], torch.tensor([BOS])
        for written in one.tokens:
            steps = [member.next(each, token) for member, each in zip(members, standing, strict=True)]
            mean = torch.stack([log_probabilities.exp() for log_probabilities, _, _ in steps]).mean(0)[0]
            total += float(mean[written].log())
            standing = [each._replace(standing=step[1]) for each, step in zip(standing, steps, strict=True)]
            token = torch.tensor([written])
        assert one.log_probability == pytest.approx(total, abs=1e-3)
    swapped = search(Together(members[::-1]), ids, lengths, longest, 3)
    again = search(Together(members), ids, lengths, longest, 3)
    assert [each.tokens for each in swapped] == [each.tokens for each in again]
