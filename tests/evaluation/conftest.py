"""What tests of pictures share."""

import pytest

from kassandra.evaluation import figures


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """The figure that a function would save."""

    def shown(draw, *args):
        kept = []
        monkeypatch.setattr(figures, "save", lambda figure, path: kept.append(figure))
        draw(*args, tmp_path / "none.png")
        return kept[0]

    return shown
