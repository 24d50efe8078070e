"""A model is refused before its training where that cannot fit, and all that is counted is there in the end."""

import pytest
import torch
from torch import nn

from kassandra.contracts import memory
from kassandra.contracts.errors import KassandraError
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.memory import enough


@pytest.fixture
def free(monkeypatch):
    return lambda size: monkeypatch.setattr(memory, "free", lambda: size)


def _model():
    model = nn.Sequential(nn.Linear(1000, 1000, bias=False), nn.Linear(1000, 1000, bias=False))  # 4 MB each
    model[0].requires_grad_(False)
    return model


def test_refused_where_not_even_gradients_moments_and_best_weights_fit(free):
    free(20_000_001)  # the best weights of both, 8 MB; gradients and two moments of one, 12 MB
    assert len(enough(_model(), "mine")) == 1
    free(19_999_999)
    with pytest.raises(KassandraError, match=r"train of mine: gradients, .* of 8.0 MB of weights need 20.0 MB of mem"):
        enough(_model(), "mine")


def test_said_where_the_members_together_may_not_fit(free):
    free(200_000_000)
    assert enough(_model(), "mine", 2) == []  # 68 MB each
    (caution,) = enough(_model(), "mine", 3)
    assert "need about 204.0 MB of memory, and 200.0 MB are free" in caution


def test_what_is_counted_is_what_a_training_holds(free, tmp_path):
    free(0)
    model = _model()
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 1000)).sum().backward()
    optimizer.step()
    best = {name: value.clone() for name, value in model.state_dict().items()}
    state = [value for each in optimizer.state.values() for value in each.values() if value.numel() > 1]
    gradients = [each.grad for each in model.parameters() if each.grad is not None]
    assert sum(each.nbytes for each in [*best.values(), *state, *gradients]) == 20_000_000
    checkpoint = Checkpoint(tmp_path)
    checkpoint.save(model, best, optimizer, torch.Generator(), {})
    assert checkpoint.path.stat().st_size == pytest.approx(24_000_000, rel=0.01)  # of the 48 that are counted


def test_a_graphics_card_has_its_own_memory(free):
    free(0)
    assert enough(_model().to("meta"), "mine") == []
