"""`kassandra serve`: trained models over HTTP, by the code of `kassandra predict`.

Nothing is sent anywhere, and nothing of a request is kept: files lie in a folder of their own until it is answered.
"""

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from fastapi import FastAPI, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.extras import version
from kassandra.contracts.kinds import part_if_any
from kassandra.inference import load, own_files
from kassandra.params.sections.pipeline import reading
from kassandra.serving.page import page
from kassandra.serving.worker import Busy, Job, Worker

NONSENSE = (TypeError, ValueError, OverflowError)  # of values that JSON may have where they are first used
PLAIN = re.compile(r"\w[\w .-]{0,59}")  # a name that a file may have here as it has it there

SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")  # of a pair, or alone


@dataclass(frozen=True)
class Limits:
    """bytes: of a request. seconds: until it is answered. inputs: of a request. waiting: requests of a model."""

    bytes: int = 10_000_000
    seconds: float = 30.0
    inputs: int = 64
    waiting: int = 256


class Served:
    """A model, how its inputs are read, and the thread that answers."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.predictor = load(folder)
        target, input = self.predictor.target, self.predictor.input
        module = part_if_any("targets", target, "serve")
        if module is None:
            raise KassandraError(f"{folder}: target {target!r} has no serve.py, which says how it answers over HTTP")
        self.module: Any = module
        read_as = reading(input, target)
        self.reader = part_if_any("inputs", input, "show", f"own_{read_as}") or own_files
        sent = part_if_any("inputs", input, "serve")
        self.of_json = getattr(sent, read_as, _as_they_are)
        self.files = read_as not in getattr(sent, "WITHOUT_FILES", ())
        answer = partial(module.answer, self.predictor, self.reader)
        self.worker = Worker(answer, module.BATCHED, limits.inputs, limits.waiting)

    def described(self) -> dict[str, Any]:
        options = self.module.Options.model_json_schema().get("properties", {})
        return {
            "name": self.predictor.name,
            "input": self.predictor.input,
            "target": self.predictor.target,
            "predicts": self.predictor.choices(),
            "members": len(self.predictor.models),
            "json": self.module.JSON,
            "files": self.files,
            "options": options,
        }


def _as_they_are(inputs: list[Any]) -> tuple[list[str], list[Any]]:
    return [each if isinstance(each, str) else f"{number}" for number, each in enumerate(inputs)], inputs


class TooLarge(Exception):
    """A request has more bytes than it may."""


class LimitBytes:
    """Refuses a request that is too large, by its length where it states one, else as soon as so much has come."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        response = _error(413, f"the request has more than {self.most:,} bytes; send less at once")
        if stated.isdigit() and int(stated) > self.most:
            await response(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most:
                raise TooLarge
            return message

        async def unless_refused(message: Message) -> None:
            if received <= self.most:  # whatever else the parser of a body made of it
                await send(message)

        with suppress(TooLarge):
            await self.app(scope, counted, unless_refused)
        if received > self.most:
            await response(scope, receive, send)


def _error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": sentence}, status, headers)


def create_app(folders: list[Path], limits: Limits | None = None) -> FastAPI:
    """
    Raises:
        KassandraError: a folder is no model or damaged, two have one name, or a target cannot be served.
    """
    limits = limits or Limits()
    torch.set_num_threads(1)  # of each model's thread: an LSTM of one example gains nothing from more
    served: dict[str, Served] = {}
    for folder in folders:
        one = Served(folder, limits)
        if one.predictor.name in served:
            raise KassandraError(
                f"{folder}: two models are called {one.predictor.name!r}; their names are their folders'"
            )
        served[one.predictor.name] = one
    app = FastAPI(title="Kassandra", version=version(), docs_url=None, redoc_url=None)
    app.add_middleware(LimitBytes, most=limits.bytes)
    _describing(app, served)
    _answering(app, served, limits)
    _refusing(app, limits)
    return app


def _describing(app: FastAPI, served: dict[str, Served]) -> None:
    @app.get("/health")
    def health() -> dict[str, Any]:
        """Whether each model's thread is alive."""
        alive = {name: one.worker.thread.is_alive() for name, one in served.items()}
        return {"status": "ok" if all(alive.values()) else "failing", "models": alive}

    @app.get("/models")
    def models() -> list[dict[str, Any]]:
        """Each model: what it reads, what it predicts, and its options."""
        return [one.described() for one in served.values()]

    @app.get("/docs", include_in_schema=False)
    @app.get("/", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi(), [one.described() for one in served.values()]))


def _body(limits: Limits) -> dict[str, Any]:
    """Of JSON, in the schema; what inputs are, and which options there are, is the model's: `/models` says it."""
    inputs = {"type": "array", "items": {}, "minItems": 1, "maxItems": limits.inputs}
    keys = {"inputs": inputs, "options": {"type": "object"}}
    schema = {"type": "object", "required": ["inputs"], "properties": keys, "additionalProperties": False}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _answering(app: FastAPI, served: dict[str, Served], limits: Limits) -> None:
    @app.post("/models/{name}/predict", openapi_extra=_body(limits))
    async def predict(name: str, request: Request) -> Any:
        """Answers inputs that are sent as JSON: {"inputs": [...], "options": {...}}.

        Inputs are texts, for tags also lists of words; arrays of pixels (height × width, in [0, 255] or [0, 1]);
        samples of recordings at the model's rate; or series (steps × columns, null where a value is missing). The
        answer is {"predictions": [...]}, a row as `kassandra predict --json` prints it for each.
        """
        try:
            body = await request.json()
            if SURROGATE.search(await request.body()):
                json.dumps(body, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise KassandraError("the body holds half of a character (a lone surrogate), which is not UTF-8") from None
        except (ValueError, RecursionError):
            raise KassandraError("the body is not JSON") from None
        if not isinstance(body, dict) or set(body) - {"inputs", "options"} or not isinstance(body.get("inputs"), list):
            raise KassandraError('expected {"inputs": [...]}, and "options" if any')
        one = _of_name(served, name)
        if not one.module.JSON:
            raise KassandraError(f"{name!r} reads files: send them to /models/{name}/files")
        with _sentences(one):
            names, inputs = await asyncio.to_thread(one.of_json, body["inputs"])
        return await _answered(one, names, inputs, body.get("options") or {}, limits)

    @app.post("/models/{name}/files")
    async def files(name: str, files: list[UploadFile], request: Request) -> Any:
        """Answers files: images, recordings, texts, a table. Options are those of the query."""
        one = _of_name(served, name)
        if not one.files:
            raise KassandraError(f"{name!r} reads JSON: send it to /models/{name}/predict")
        with tempfile.TemporaryDirectory(prefix="kassandra-") as folder:
            sent: dict[str, str] = {}  # names by paths
            for number, file in enumerate(files):
                given = PurePosixPath((file.filename or "file").replace("\\", "/")).name or "file"
                path = Path(folder) / str(number) / _safe(given)
                path.parent.mkdir()
                path.write_bytes(await file.read())
                sent[str(path)] = given
            try:
                names, *inputs = await asyncio.to_thread(one.reader.read, list(sent), one.predictor.meta)
                own = inputs if len(inputs) > 1 or isinstance(inputs[0], Path) else list(inputs[0])
                if any(isinstance(each, str | list) and folder in str(each) for each in own):  # taken for texts
                    kinds = f"the ending names no kind of file that model {name!r} reads"
                    raise KassandraError(f"{', '.join(sent.values())}: {kinds}")
                names = [_as_sent(each, sent) if isinstance(each, str) else each for each in names]
                return await _answered(one, names, own, dict(request.query_params), limits)
            except KassandraError as error:
                raise KassandraError(_as_sent(str(error), sent).replace(folder, "")) from None


def _safe(given: str) -> str:
    """The name of a file that is sent, as it may be called here; its ending says what it is."""
    return given if PLAIN.fullmatch(given) else f"input{''.join(PurePosixPath(given).suffixes[-2:])[-20:]}"


def _as_sent(text: str, sent: dict[str, str]) -> str:
    for path, given in sent.items():
        text = text.replace(path, given)
    return text


def _refusing(app: FastAPI, limits: Limits) -> None:
    """What the client can mend is a sentence."""

    @app.exception_handler(Unknown)
    def unknown(request: Request, error: Unknown) -> JSONResponse:
        return _error(404, str(error))

    @app.exception_handler(KassandraError)
    def refused(request: Request, error: KassandraError) -> JSONResponse:
        return _error(422, str(error))

    @app.exception_handler(Busy)
    def busy(request: Request, error: Busy) -> JSONResponse:
        return _error(503, "too many requests wait; try again", {"Retry-After": "1"})

    @app.exception_handler(TimeoutError)
    def late(request: Request, error: TimeoutError) -> JSONResponse:
        return _error(504, f"not answered within {limits.seconds:g} seconds; send less at once")


class Unknown(Exception):
    """There is no such model."""


def _of_name(served: dict[str, Served], name: str) -> Served:
    if name not in served:
        raise Unknown(f"no model {name!r}; there are {', '.join(map(repr, served))}")
    return served[name]


@contextmanager
def _sentences(one: Served) -> Iterator[None]:
    """Of lists of unequal lengths, or a text for a number."""
    try:
        yield
    except NONSENSE as error:
        raise KassandraError(f"inputs: not what model {one.predictor.name!r} reads ({error})") from None


async def _answered(one: Served, names: list[Any], inputs: list[Any], given: dict[str, Any], limits: Limits) -> Any:
    if not 1 <= len(inputs) <= limits.inputs:
        raise KassandraError(f"inputs: expected 1 to {limits.inputs}, got {len(inputs)}")
    try:
        options = one.module.Options.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise KassandraError(f"options: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    job = Job(names, inputs, options, time.monotonic() + limits.seconds)
    future = asyncio.wrap_future(one.worker.submit(job))
    with _sentences(one):
        return {"predictions": await asyncio.wait_for(future, limits.seconds)}
