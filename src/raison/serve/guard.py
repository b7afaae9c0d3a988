"""Who is answered: only requests that are meant for this server and come from a page that it sent itself.

A page of a stranger's site can make the reader's browser ask any address of his machine. Such a request
bears the stranger's name: as its Origin, or as the Host where the stranger's name was made to point here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_FROM_HERE = frozenset({b"same-origin", b"none"})  # of Sec-Fetch-Site: a page of ours, or the reader himself
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
)


def hosts_of(host: str, port: int) -> frozenset[str]:
    """What a browser may call the server: its address, and on loopback all names of loopback."""
    names = (
        {"127.0.0.1", "localhost", "[::1]"} if is_loopback(host) else {f"[{host}]" if ":" in host else host}
    )
    found = {f"{name}:{port}" for name in names}
    return frozenset(found | names if port == 80 else found)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach an address."""
    return host in {"localhost", "::1"} or host.startswith("127.")


class Guard:
    """Refuses requests with a foreign Host or Origin before anything else sees them."""

    def __init__(self, application: Application, hosts: frozenset[str]) -> None:
        self.application = application
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with a sentence."""
        if scope["type"] not in {"http", "websocket"}:
            await self.application(scope, receive, send)
            return
        refusal = self.refusal(scope)
        if refusal is not None:
            await _refuse(scope, receive, send, refusal)
        elif scope["type"] == "websocket":
            await self.application(scope, receive, send)
        else:
            await self.application(scope, receive, _with_headers(send, scope["path"]))

    def refusal(self, scope: Scope) -> str | None:
        """Why a request is refused; None if it is not."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        hosts = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            return f"This server answers to {' or '.join(sorted(self.hosts))} only."
        origins = [value.decode("latin-1").lower() for name, value in headers if name == b"origin"]
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            return "This server answers its own pages only."
        if scope["type"] == "websocket" and not origins:
            return "This server answers its own pages only."
        sites = [value for name, value in headers if name == b"sec-fetch-site"]
        if any(site not in _FROM_HERE for site in sites):
            return "This server answers its own pages only."
        return None


async def _refuse(scope: Scope, receive: Receive, send: Send, sentence: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": sentence[:120]})
        return
    body = sentence.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": [*headers, *_HEADERS]})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send, path: str) -> Send:
    keeping = (
        b"no-cache" if path.startswith("/vs/") else b"no-store"
    )  # the editor's files are asked about, not sent

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            extra = [
                (name, value) for name, value in (*_HEADERS, (b"cache-control", keeping)) if name not in given
            ]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sending
