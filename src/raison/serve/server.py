"""From a file to a running server: its socket, its address, and its end."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable
from pathlib import Path

from raison.serve.guard import hosts_of

PORT = 8760
"""The port that is asked for unless another is named."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens, taken before anything else is done.

    Raises:
        OSError: the port is taken or not allowed, or the address is not one of this machine; with a sentence.
    """
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(kind, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(128)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRINUSE:
            said = (
                f"port {port} of {host} is taken, perhaps by another raison serve; give another with --port."
            )
        else:
            said = f"cannot listen on port {port} of {host}: {(error.strerror or str(error)).lower()}."
        raise OSError(said) from error
    except OverflowError:
        found.close()
        raise ValueError(f"a port is a number from 0 to 65535; got {port}.") from None
    return found


def serve(
    path: Path,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    draws: int = 10_000,
    analysis_draws: int = 100_000,
    seed: int = 1,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a model file until interrupted.

    Args:
        path: Of the file.
        host: Address to listen on.
        port: To listen on; 0 for any that is free.
        draws: Of each solving after a save.
        analysis_draws: Of the analyses in the background.
        seed: Of the draws.
        ready: Told the page's address once it can be opened.

    Raises:
        ImportError: the extra `serve` is not installed.
        OSError: the port is taken.
    """
    try:
        import uvicorn

        from raison.serve.app import make_app
    except ImportError as error:
        if str(error.name or "").startswith("raison"):
            raise
        raise ImportError(
            "raison serve needs a web server; install it with: pip install 'raison[serve]'"
        ) from error
    from raison.serve.file import ModelFile

    listening = listen(host, port)
    actual = listening.getsockname()[1]
    app = make_app(
        ModelFile(path), hosts_of(host, actual), draws=draws, analysis_draws=analysis_draws, seed=seed
    )
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    if ready is not None:
        ready(_address(host, actual))
    with contextlib.suppress(KeyboardInterrupt):  # which is how a server is ended
        uvicorn.Server(config).run(sockets=[listening])


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
