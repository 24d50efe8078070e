"""Members: trainings of one recipe from different seeds, side by side in processes, however many of these there are.

A member is trained by one thread (or `train.threads`) and knows nothing of the others, so how many run at once decides
nothing but the time. What they print and how far they are goes to this process, which shows it.
"""

import heapq
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

import torch

from kassandra.contracts import cores
from kassandra.contracts.errors import KassandraError, explained
from kassandra.training.progress import Display, remote

Work = Callable[..., Any]  # (watcher, *arguments) → what a member leaves, small


class Job(NamedTuple):
    """number: of the member, from 0 on. arguments: of the function that trains it."""

    number: int
    arguments: tuple[Any, ...]


def at_once(device: torch.device, threads: int) -> int:
    """How many members this machine trains side by side: as many as its cores have threads for; one on a GPU."""
    if device.type != "cpu":
        return 1
    return max(1, cores.here() // threads)


def makespan(seconds: Sequence[float], processes: int) -> float:
    """How long members of so many seconds each take in all, when each begins as soon as a process is free."""
    ends = [0.0] * processes
    for each in seconds:
        heapq.heapreplace(ends, ends[0] + each)  # the process that is free first
    return max(ends)


def run_members(
    work: Work, arguments: Sequence[tuple[Any, ...]], processes: int, keep: Callable[..., None] | None = None
) -> list[Any]:
    """What `work(watcher, *each)` returns for each of `arguments`, in their order. `watcher` shows how far a member is.

    In this process where it is to be one at a time, else each in a process of its own, of which `processes` run at
    once. If one fails, the others are stopped; they go on from their checkpoints when they are started again. `keep`
    takes the number of a member and each line of its history, as it is made.

    Raises:
        KassandraError: that of the first member that failed.
    """
    jobs = [Job(number, each) for number, each in enumerate(arguments)]
    with Display(len(jobs), keep) as display:
        if min(processes, len(jobs)) == 1:
            return [work(display.watcher(job.number), *job.arguments) for job in jobs]
        cores.give_back()  # each member takes its own
        results = _side_by_side(work, jobs, processes, display)
        cores.take()
        return results


def _side_by_side(work: Work, jobs: list[Job], processes: int, display: Display) -> list[Any]:
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks, but not the threads
    waiting, running, results = jobs[::-1], dict[Any, tuple[Job, Any]](), dict[int, Any]()
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                job = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_member, args=(work, job, theirs), daemon=True)
                process.start()
                theirs.close()  # so that the end of the process is the end of the pipe
                running[ours] = (job, process)
            ready: list[Any] = list(wait(list(running)))
            for pipe in ready:
                job, process = running[pipe]
                try:
                    kind, *content = pipe.recv()
                except EOFError:
                    raise KassandraError(_ended(job, process)) from None
                if kind == "result":
                    process.join()
                    results[job.number] = content[0]
                    del running[pipe]
                elif kind == "error":
                    raise KassandraError(content[0])
                else:
                    getattr(display, kind)(job.number, *content)
    finally:
        for _, process in running.values():
            process.kill()
            process.join()
    return [results[job.number] for job in jobs]


def _member(work: Work, job: Job, pipe: Connection) -> None:
    """A process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent says the sentence, once
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        cores.take()
        pipe.send(("result", work(remote(pipe), *job.arguments)))
    except Exception as error:
        pipe.send(("error", explained(error).removeprefix("Error: ")))


def _end_with_parent() -> None:
    """If the stage is killed, end too: its next run would train the same member beside this one."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _ended(job: Job, process: Any) -> str:
    process.join()
    how = f"with exit status {process.exitcode}"
    if process.exitcode < 0:
        how = f"by signal {-process.exitcode} ({signal.Signals(-process.exitcode).name})"
        how += ", as where memory runs out" * (process.exitcode == -9)
    sys.stderr.flush()
    return f"the process of member {job.number} was ended {how}; started again, it goes on from its last epoch"
