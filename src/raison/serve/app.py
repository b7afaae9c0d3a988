"""What the server answers: its page, the file, completion, the live page, and the state as it changes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from raison.model.document import MAX_BYTES
from raison.model.reader import Reading, read_text
from raison.serve.completion import Offer, complete, names
from raison.serve.file import ConflictError, ModelFile, Text
from raison.serve.guard import Application, Guard
from raison.serve.session import ANALYSES, Session, shown

_PAGE = Path(__file__).parent / "page"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# The editor component writes its styles into the page, which is why styles may stand inline.
_LARGEST = 8 * MAX_BYTES  # bytes of a request: a text as JSON, every letter escaped
_OWN = ("serve.js", "serve.css", "editor.js")
_EMPTY = (
    "<!doctype html><meta charset=utf-8><meta name=color-scheme content='light dark'><title>raison</title>"
)


def make_app(
    file: ModelFile,
    hosts: frozenset[str],
    *,
    draws: int = 10_000,
    analysis_draws: int = 100_000,
    seed: int = 1,
) -> Application:
    """The application that serves one file.

    Args:
        file: The file.
        hosts: What a browser may call the server, with its port.
        draws: Of each solving after a save.
        analysis_draws: Of the analyses in the background.
        seed: Of the draws.

    Raises:
        ImportError: the extra `serve` is not installed.
    """
    served = _Served(file)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        served.opened = session = Session(file, draws, analysis_draws, seed)
        session.refresh()
        watching = asyncio.create_task(_watch(session))
        try:
            yield
        finally:
            watching.cancel()
            session.close()

    routes = [
        Route("/", served.index),
        *(Route(f"/{name}", _own(name)) for name in _OWN),
        Mount("/vs", StaticFiles(directory=editor_folder())),
        Route("/file", served.read),
        Route("/save", served.save, methods=["POST"]),
        Route("/check", served.check, methods=["POST"]),
        Route("/complete", served.complete, methods=["POST"]),
        Route("/analyse", served.analyse, methods=["POST"]),
        Route("/cancel", served.cancel, methods=["POST"]),
        Route("/page/{line}", served.page),
        WebSocketRoute("/state", served.follow),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan), hosts)


def editor_folder() -> str:
    """Where the editor component's files are.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import rocher
    except ImportError as error:
        raise ImportError(
            "the server needs its editor; install it with: pip install 'raison[serve]'"
        ) from error
    return rocher.path()


async def _watch(session: Session) -> None:
    """Look at the file again whenever a model changes in its folder or in one that it includes from."""
    from watchfiles import awatch

    def concerns(change: Any, path: str) -> bool:
        del change
        return path == str(session.file.path) or path.endswith((".yaml", ".yml"))

    while True:
        folders, begins = session.folders(), True
        watching = awatch(
            *folders, watch_filter=concerns, step=20, debounce=200, recursive=False, yield_on_timeout=True,
            rust_timeout=500,
        )  # fmt: skip
        async for changes in watching:
            if changes or begins:  # what changed in a folder before it was watched is looked at once
                others = begins or any(path != str(session.file.path) for _, path in changes)
                session.refresh(included=others)
                begins = False
            if session.folders() != folders:
                break


def _own(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        del request
        return FileResponse(_PAGE / name)

    return answer


class _Served:
    """The answers, about one file."""

    def __init__(self, file: ModelFile) -> None:
        self.file = file
        self.opened: Session | None = None
        self.one_at_a_time = CapacityLimiter(1)
        self.being_read: dict[str, asyncio.Task[Reading]] = {}
        self.known: tuple[Offer, ...] = ()

    @property
    def session(self) -> Session:
        """The session, which is there while the server runs."""
        assert self.opened is not None
        return self.opened

    async def reading_of(self, text: str) -> Reading:
        """What a text says, read once for all who ask while it is read, as a check and the save after it."""
        found = self.session.reading_of(text)
        if found is not None:
            return found
        if text not in self.being_read:
            task = asyncio.create_task(
                to_thread.run_sync(read_text, text, str(self.file.path), limiter=self.one_at_a_time)
            )
            self.being_read[text] = task
            task.add_done_callback(lambda _: self.being_read.pop(text, None))
        return await asyncio.shield(self.being_read[text])

    async def index(self, request: Request) -> Response:
        """The page."""
        del request
        return HTMLResponse(
            (_PAGE / "serve.html").read_text(encoding="utf-8"), headers={"content-security-policy": _POLICY}
        )

    async def read(self, request: Request) -> Response:
        """The file as it is on disk."""
        del request
        return JSONResponse(_text(self.file.read()))

    async def save(self, request: Request) -> Response:
        """Write the file, unless it says something else than the page has seen."""
        given = await _given(request, "text", "based_on")
        if isinstance(given, Response):
            return given
        # read before the file says it, or whoever watches the file would read it too
        reading = await self.reading_of(given["text"])
        try:
            text = self.file.save(given["text"], given["based_on"])
        except ConflictError as error:
            self.session.refresh()
            return JSONResponse({"message": str(error), **_text(error.found)}, 409)
        except (ValueError, OSError) as error:
            said = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            return JSONResponse({"message": f"{self.file.name} cannot be saved: {said}"}, 422)
        self.session.refresh({given["text"]: reading})
        return JSONResponse({**_text(text), "problems": [shown(problem) for problem in reading.problems]})

    async def check(self, request: Request) -> Response:
        """What is wrong with a text that is being written."""
        given = await _given(request, "text")
        if isinstance(given, Response):
            return given
        reading = await self.reading_of(given["text"])
        if reading.model is not None:
            self.known = names(given["text"])
        return JSONResponse({"problems": [shown(problem) for problem in reading.problems]})

    async def complete(self, request: Request) -> Response:
        """What can stand where the cursor is."""
        given = await _given(request, "text", line=int, column=int)
        if isinstance(given, Response):
            return given
        offers = complete(given["text"], given["line"], given["column"], self.known)
        return JSONResponse({"offers": [asdict(offer) for offer in offers]})

    async def analyse(self, request: Request) -> Response:
        """Begin an analysis in the background."""
        given = await _given(request, "kind")
        if isinstance(given, Response):
            return given
        if given["kind"] not in ANALYSES:
            return JSONResponse({"message": f"an analysis is one of {', '.join(ANALYSES)}."}, 422)
        refusal = self.session.analyse(given["kind"])
        return JSONResponse({"message": refusal}, 200 if refusal is None else 409)

    async def cancel(self, request: Request) -> Response:
        """Stop what is under way."""
        given = await _given(request, "line")
        if isinstance(given, Response):
            return given
        if given["line"] not in {"solve", "analysis"}:
            return JSONResponse({"message": "what can be stopped is 'solve' or 'analysis'."}, 422)
        self.session.cancel(given["line"])
        return JSONResponse({})

    async def page(self, request: Request) -> Response:
        """The live page of the last solving or analysis; it brings its own policy."""
        line = request.path_params["line"]
        if line not in {"solve", "analysis"}:
            return Response("There is no such page.", 404)
        return HTMLResponse(self.session.page(line) or _EMPTY)

    async def follow(self, socket: WebSocket) -> None:
        """The state, now and whenever it changes, until the page goes."""
        await socket.accept()
        telling = asyncio.create_task(self._tell(socket))
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await socket.receive_text()
        telling.cancel()

    async def _tell(self, socket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            async for state in self.session.states():
                await socket.send_json(state)


def _text(text: Text) -> dict[str, Any]:
    return {"text": text.text, "version": text.version, "fault": text.fault}


async def _given(request: Request, *texts: str, **others: type) -> dict[str, Any] | Response:
    """The fields of a request, or the refusal of one that has not what is needed.

    JSON is insisted on: a stranger's page cannot send it without asking first.
    """
    wanted = {**dict.fromkeys(texts, str), **others}
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return JSONResponse({"message": "a request needs content type application/json."}, 415)
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > _LARGEST:
            return JSONResponse({"message": f"a model file has at most {MAX_BYTES:,} bytes."}, 413)
    try:
        given = json.loads(bytes(raw))
    except (ValueError, RecursionError):
        return JSONResponse({"message": "a request needs JSON."}, 400)
    if not isinstance(given, dict) or not all(type(given.get(key)) is kind for key, kind in wanted.items()):
        return JSONResponse({"message": f"a request needs {', '.join(wanted)}."}, 400)
    return {key: given[key] for key in wanted}
