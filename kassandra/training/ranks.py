"""One training by several processes, on one machine or on many: `torchrun … -m stages.train <pipeline>`.

Each of them, a rank, draws every batch as one process does, and learns from its share of the rows. The gradients of all
are summed and divided by how many units the whole batch has, however unequal the shares. So all ranks have the same
weights at each step; the first one, rank 0, alone validates, prints and writes.
"""

import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from kassandra.contracts.artifacts import whole
from kassandra.contracts.errors import KassandraError
from kassandra.lstm.batch import Batch
from kassandra.training.fingerprint import Precision
from kassandra.training.presence import AGAIN, Presence

MEETING = timedelta(minutes=10)  # that a rank waits for the others to start
LONGEST = timedelta(days=1)  # that a rank waits for one which is there and does not answer: it may be validating
PATIENCE = 60.0  # seconds for Presence to say which rank was lost, once a connection has failed


class Learner(Protocol):
    """See kassandra.training.loop.Lesson."""

    def loss(self, model: Any, batch: Batch, params: Any) -> tuple[Tensor, int, Any]: ...


class Learned(NamedTuple):
    """loss: the sum over the units. state: to read on from in the next batch."""

    loss: Tensor
    units: int
    state: Any


class Ranks(NamedTuple):
    """This process among those that train together; alone, it is the first of one."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    def learn(self, model: nn.Module, lesson: Learner, batch: Batch, params: Any, seeds: tuple[int, int]) -> Learned:
        """Leaves the gradients of the mean loss of a whole batch; what is returned is of the whole batch too, but for
        the state, which is that of this rank's share.

        Args:
            seeds: of this training and this step, of which follows what this rank draws in it, as for dropout.
        """
        if self.size == 1:
            learned = loss_of(model, lesson, batch, params)
            (learned.loss / learned.units).backward()
            return learned._replace(loss=learned.loss.detach())
        own = add_gradients(model, lesson, batch, params, self.rank, self.size, seeds)
        parameters = [each for each in model.parameters() if each.requires_grad]
        parts = [torch.zeros_like(each) if each.grad is None else each.grad for each in parameters]
        used = own.loss.new_tensor([each.grad is not None for each in parameters])
        sums = torch.cat([own.loss[None], own.loss.new_tensor([own.units]), used, *(part.flatten() for part in parts)])
        _meet(distributed.all_reduce, sums)
        units = int(sums[1])
        sizes = [each.numel() for each in parameters]
        for each, by, total in zip(parameters, sums[2:], sums[2 + len(sizes) :].split(sizes), strict=False):
            each.grad = total.view_as(each) / units if by else None
        return Learned(sums[0], units, own.state)

    def same_weights(self, model: nn.Module) -> None:
        """Those of the first rank: machines of other kinds may round otherwise."""
        if self.size > 1:
            for value in model.state_dict().values():
                _meet(distributed.broadcast, value, 0)

    def of_first(self, make: Callable[[], Any]) -> Any:
        """What `make` returns at the first rank, which alone calls it: whatever JSON can say."""
        if self.size == 1:
            return make()
        return json.loads(self._bytes_of_first(json.dumps(make()).encode() if self.first else b""))

    def same_file(self, path: Path) -> None:
        """Have the file of the first rank, or none where it has none, also where the ranks share no disk."""
        if self.size == 1:
            return
        content = self._bytes_of_first(path.read_bytes() if self.first and path.exists() else b"")
        if self.first:
            return
        if not content:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_bytes() != content:
            with whole(path) as partial:
                partial.write_bytes(content)

    def require_same(self, digest: str) -> None:
        """
        Raises:
            KassandraError: that of another rank is not the same as that of the first.
        """
        if self.size == 1:
            return
        own = torch.tensor([int(hashlib.sha256(digest.encode()).hexdigest()[:15], 16)])
        others = [torch.zeros_like(own) for _ in range(self.size)]
        _meet(distributed.all_gather, others, own)
        different = [str(rank) for rank, other in enumerate(others) if other != others[0]]
        if different:
            raise KassandraError(
                f"rank {', '.join(different)}: its params, code or prepared data are not those of rank 0; check out "
                "the same commit on each machine, and `dvc pull` what prepare and pretrain made"
            )

    def lowest(self, precision: Precision) -> Precision:
        """fp32 where one rank cannot do better, else what all can."""
        if self.size == 1:
            return precision
        able = torch.tensor([int(precision == "bf16")])
        _meet(distributed.all_reduce, able, distributed.ReduceOp.MIN)
        return "bf16" if able else "fp32"

    def require_device(self, device: torch.device) -> None:
        """
        Raises:
            KassandraError: this machine has more ranks than GPUs.
        """
        local, there = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
        if self.size > 1 and device.type == "cuda" and local >= there:
            raise KassandraError(
                f"{socket.gethostname()} has {there} GPUs, of which each trains one rank; give torchrun "
                f"--nproc_per_node {there}, or train.device: cpu"
            )

    def wait(self) -> None:
        """Until all have come this far."""
        if self.size > 1:
            _meet(distributed.barrier)

    def _bytes_of_first(self, content: bytes) -> bytes:
        size = torch.tensor([len(content)])
        _meet(distributed.broadcast, size, 0)
        here = np.frombuffer(content, np.uint8) if self.first else np.zeros(int(size), np.uint8)
        sent = torch.from_numpy(here.copy())
        if len(sent):
            _meet(distributed.broadcast, sent, 0)
        return sent.numpy().tobytes()


ALONE = Ranks()


def loss_of(model: nn.Module, lesson: Learner, batch: Batch, params: Any) -> Learned:
    """In the precision that params ask for."""
    kind = next(model.parameters()).device.type
    with torch.autocast(kind, torch.bfloat16, enabled=params.precision == "bf16"):
        return Learned(*lesson.loss(model, batch, params))


def share(batch: Batch, part: int, parts: int) -> Batch | None:
    """Of `parts` as equal as can be, rows that are next to each other; None where there are too few rows.

    >>> batch = Batch(torch.arange(5), None, torch.arange(5))
    >>> [share(batch, part, 3).inputs.tolist() for part in range(3)]
    [[0], [1, 2], [3, 4]]
    """
    rows = len(batch.targets)
    begin, end = rows * part // parts, rows * (part + 1) // parts
    if begin == end:
        return None
    fields = {name: value for name, value in batch._asdict().items() if isinstance(value, Tensor)}
    own: dict[str, Any] = {name: value[begin:end] for name, value in fields.items()}
    return batch._replace(**own, all_targets=batch.targets)


def add_gradients(
    model: nn.Module, lesson: Learner, batch: Batch, params: Any, part: int, parts: int, seeds: tuple[int, int]
) -> Learned:
    """Adds the gradients of the summed loss of one part of a batch to those that are there.

    One process that does so for each part has what ranks have together, once all is divided by the units.
    """
    torch.manual_seed(int(np.random.SeedSequence([*seeds, part]).generate_state(1, np.uint64)[0] >> 1))
    own = share(batch, part, parts)
    if own is None:
        return Learned(torch.zeros((), device=batch.targets.device), 0, None)
    learned = loss_of(model, lesson, own, params)
    learned.loss.backward()
    return learned._replace(loss=learned.loss.detach().float())


@contextmanager
def joined() -> Iterator[Ranks]:
    """The ranks that torchrun, or whatever else sets the variables of `env://`, has started; else this process alone.

    Ranks but the first print nothing. Where one ends too early or cannot be reached, all end with a sentence.

    Raises:
        KassandraError: the others cannot be met.
    """
    rank, size = (int(os.environ.get(name, default)) for name, default in (("RANK", 0), ("WORLD_SIZE", 1)))
    if size == 1:
        yield ALONE
        return
    local, cuda = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.is_available()
    if cuda and local < torch.cuda.device_count():
        torch.cuda.set_device(local)
    with ExitStack() as stack:
        if rank:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(nowhere))
        try:
            store, *_ = next(rendezvous("env://", timeout=MEETING))
            # Where torchrun starts all again, its store may still hold the addresses of those before.
            store = PrefixStore(f"start {os.environ.get('TORCHELASTIC_RESTART_COUNT')}", store)
            kinds = "cpu:gloo,cuda:nccl" if cuda else "gloo"
            distributed.init_process_group(kinds, timeout=LONGEST, rank=rank, world_size=size, store=store)
            place, key = Presence.place(rank)
            agreed = torch.tensor([place, key])
            distributed.broadcast(agreed, 0)
            presence = Presence(rank, size, local, *agreed.tolist())
        except (RuntimeError, ValueError, OSError) as error:
            where = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
            raise KassandraError(
                f"rank {rank} on {socket.gethostname()} cannot meet the others at {where} ({_short(error)}); check "
                "that machines reach each other, and that GLOO_SOCKET_IFNAME names the network between them"
            ) from None
        with presence:
            yield Ranks(rank, size)
        distributed.destroy_process_group()


def _meet(collective: Callable[..., Any], *given: Any) -> None:
    try:
        collective(*given)
    except RuntimeError as error:
        time.sleep(PATIENCE)
        raise KassandraError(f"the connection to another rank failed ({_short(error)}); {AGAIN}") from None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
