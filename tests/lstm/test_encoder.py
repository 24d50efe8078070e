import doctest

import torch

from kassandra.lstm import encoder
from kassandra.lstm.encoder import last_valid, reverse_valid, valid_steps, zero_padding

VALUES = torch.arange(1.0, 16.0).view(3, 5, 1)  # (batch, time, size): 1..5, 6..10, 11..15
LENGTHS = torch.tensor([5, 1, 3])


def test_examples_in_docstrings():
    assert doctest.testmod(encoder).failed == 0


def test_valid_steps_come_first():
    assert valid_steps(LENGTHS, 5).int().tolist() == [[1, 1, 1, 1, 1], [1, 0, 0, 0, 0], [1, 1, 1, 0, 0]]


def test_zero_padding():
    rows = zero_padding(VALUES, LENGTHS).squeeze(2).tolist()
    assert rows == [[1, 2, 3, 4, 5], [6, 0, 0, 0, 0], [11, 12, 13, 0, 0]]


def test_last_valid():
    assert last_valid(VALUES, LENGTHS).tolist() == [[5], [6], [13]]
    assert last_valid(VALUES, None).tolist() == [[5], [10], [15]]


def test_reverse_valid_leaves_padding_in_place_and_undoes_itself():
    rows = reverse_valid(VALUES, LENGTHS)
    assert rows.squeeze(2).tolist() == [[5, 4, 3, 2, 1], [6, 7, 8, 9, 10], [13, 12, 11, 14, 15]]
    assert torch.equal(reverse_valid(rows, LENGTHS), VALUES)
    assert torch.equal(reverse_valid(VALUES, None), reverse_valid(VALUES, torch.tensor([5, 5, 5])))


def test_full_rows_are_not_masked():
    assert zero_padding(VALUES, None) is VALUES
