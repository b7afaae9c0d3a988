"""`raison serve`: a model file in an editor, with its live page, on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from raison.cli.failing import RefusalError
from raison.cli.options import Seed


def serve(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A model file; it is read, written and watched.")
    ],
    draws: Annotated[int, typer.Option("--draws", "-n", min=16, help="Draws after each save.")] = 10_000,
    analysis_draws: Annotated[
        int, typer.Option("--analysis-draws", min=16, help="Draws of the analyses in the background.")
    ] = 100_000,
    seed: Seed = 1,
    port: Annotated[
        int,
        typer.Option("--port", "-p", min=0, max=65_535, help="Port to listen on; 0 for any that is free."),
    ] = 8760,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; whoever can reach it can write the file.")
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the usual browser.")
    ] = True,
) -> None:
    """Serve a model file: an editor, and the live page beside it, solved again at each save."""
    from raison.serve.guard import is_loopback
    from raison.serve.server import serve as serving

    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there"
        raise RefusalError(f"{file} {what}; serve needs a model file, and 'raison new NAME' writes one.")
    if file.suffix.lower() not in {".yaml", ".yml"}:
        raise RefusalError(
            f"{file} is not a .yaml file; 'raison convert' makes one of a game or process file."
        )
    if host in {"0.0.0.0", "::"}:
        raise RefusalError(
            f"--host needs one address of this machine; got {host}, which stands for all of them."
        )
    if not is_loopback(host):
        print(f"raison: warning: whoever can reach {host} can read and write {file}.", file=sys.stderr)

    def ready(address: str) -> None:
        print(f"raison: {file} is at {address} (Ctrl-C ends it)", file=sys.stderr)
        if browser:
            import threading
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    serving(file, host=host, port=port, draws=draws, analysis_draws=analysis_draws, seed=seed, ready=ready)
