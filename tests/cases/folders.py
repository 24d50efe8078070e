"""Folders of images, recordings and texts: what their owners expect."""

from tests.cases.harness import Case

CASES: list[Case] = []
