"""One thread per model: requests wait their turn, and those that may be answered together are.

A request gets what it would have got alone: rows of a batch are independent (a law of every encoder), and where one of
several cannot be read, each is answered by itself, so that it spoils no other.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from kassandra.contracts.errors import KassandraError

Rows = list[dict[str, Any]]
Answer = Callable[[Sequence[Any], Sequence[Any], Any], Rows]


class Busy(Exception):
    """As many requests wait as may."""


class Job:
    """names, inputs: of a request; answers call inputs by these names. options: of it; only jobs of equal ones are
    answered together. deadline: by time.monotonic; after it nobody waits for the answer."""

    def __init__(self, names: Sequence[Any], inputs: Sequence[Any], options: Any, deadline: float) -> None:
        self.names, self.inputs, self.options, self.deadline = list(names), list(inputs), options, deadline
        self.future: Future[Rows] = Future()

    def is_awaited(self) -> bool:
        """Whether somebody still waits; asked once, before it is answered."""
        return self.future.set_running_or_notify_cancel() and self.deadline > time.monotonic()


class Worker:
    """Answers jobs in a thread of its own.

    Args:
        answer: rows of names, inputs and options. batched: whether a row is of an input, so that jobs may be joined.
        most: inputs that are answered together. waiting: jobs that may wait.
    """

    def __init__(self, answer: Answer, batched: bool, most: int = 64, waiting: int = 256) -> None:
        self.answer, self.batched, self.most = answer, batched, most
        self.jobs: queue.Queue[Job | None] = queue.Queue(waiting)
        self.computing = ThreadPoolExecutor(1)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def submit(self, job: Job) -> Future[Rows]:
        """Raises Busy."""
        try:
            self.jobs.put_nowait(job)
        except queue.Full:
            raise Busy from None
        return job.future

    def close(self) -> None:
        """No job is begun after this."""
        self.jobs.put(None)
        self.thread.join()
        self.computing.shutdown()

    def _run(self) -> None:
        kept: Job | None = None
        while True:
            job = kept or self.jobs.get()
            if job is None:
                return
            together, kept, stop = self._more(job)
            self._answer(
                [
                    one
                    for one in together
                    if one.deadline > time.monotonic() and one.future.set_running_or_notify_cancel()
                ]
            )
            if stop:
                return

    def _more(self, first: Job) -> tuple[list[Job], Job | None, bool]:
        """What waits and may be answered with it, the first one that may not, and whether to end after it."""
        jobs, count = [first], len(first.inputs)
        while self.batched:
            try:
                job = self.jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, None, True
            if job.options != first.options or count + len(job.inputs) > self.most:
                return jobs, job, False
            jobs.append(job)
            count += len(job.inputs)
        return jobs, None, False

    def _answer(self, jobs: list[Job]) -> None:
        if not jobs:
            return
        attempt = self.computing.submit(self._rows, jobs)
        error = attempt.exception()  # whatever it is, whoever waits has to hear of it
        if error is None:
            for job, rows in zip(jobs, attempt.result(), strict=True):
                job.future.set_result(rows)
        elif len(jobs) == 1:
            jobs[0].future.set_exception(error)
        else:
            for job in jobs:
                self._answer([job])

    def _rows(self, jobs: list[Job]) -> list[Rows]:
        names = [name for job in jobs for name in job.names]
        inputs = [one for job in jobs for one in job.inputs]
        rows = self.answer(names, inputs, jobs[0].options)
        if len(jobs) == 1:
            return [rows]
        if len(rows) != len(inputs):
            raise KassandraError(f"{len(inputs)} inputs gave {len(rows)} rows")
        parts, begin = [], 0
        for job in jobs:
            parts.append(rows[begin : begin + len(job.inputs)])
            begin += len(job.inputs)
        return parts
