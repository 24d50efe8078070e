"""Tables: what their owners expect."""

from tests.cases.harness import Case

CASES: list[Case] = []
