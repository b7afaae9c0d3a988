"""`raison serve` in Chromium: from a save in the page's editor to the new verdict in it, the server warm.

Each save changes a number of the model, so that every one is solved anew. One sample begins with the key
that saves and ends when the page shows the verdict of the text that was saved. Beside it is a save by another
program, which the server has to notice first. Removing the premises of a large model may still be under way
then; the save ends that.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common import Report, Row, Target
from benchmarks.live import BROWSERS

DRAWS = 10_000
SAVES, WARM = 5, 1
PAUSE = 12_000  # ms from a verdict to the next save: the page is there and another process has become ready
MODELS = ("strike-and-answer", "kremlin-2022")
_WITHIN = 120_000  # ms
_NUMBER = re.compile(r"uniform\(0, ([\d.]+)\)")
_LATEST = """before => page.state && page.state.solve.outcome_version !== before
  && page.state.solve.outcome_version === page.base
  && page.state.solve.outcome_version === page.state.version"""


def run() -> Report:
    """Measure it."""
    from playwright.sync_api import sync_playwright

    from raison.api import gallery_files

    report = Report(f"raison serve: from a save to the new verdict, {DRAWS:,} draws, in Chromium")
    browser = next(path for name in BROWSERS if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for model in MODELS:
            text = gallery_files()[model].read_text("utf-8")
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.yaml"
                path.write_text(text, "utf-8")
                for name, seconds in _served(chromium, path, text).items():
                    report.rows.append(Row(f"{model}: {name}", tuple(seconds), "s"))
        chromium.close()
    for row in report.rows:
        if "editor" in row.name:
            report.targets.append(Target(f"{row.name}, median s", row.median, 1, most=True))
    return report


def _served(chromium: Any, path: Path, text: str) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "raison.cli", "serve", str(path), "--no-browser", "--port", "0"]
    server = subprocess.Popen([*command, "--draws", str(DRAWS)], stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        found = re.search(r"http://\S+", server.stderr.readline())
        assert found is not None
        page = chromium.new_page(viewport={"width": 1300, "height": 800})
        page.goto(found[0])
        page.locator(".monaco-editor .view-line").first.wait_for(timeout=_WITHIN)
        page.wait_for_function(_LATEST, arg="", timeout=_WITHIN)

        def in_the_page(changed: str) -> Callable[[], object]:
            page.evaluate("text => page.editor.setValue(text)", changed)
            page.locator("#editor").click()
            return lambda: page.keyboard.press("Control+s")

        def in_the_file(changed: str) -> Callable[[], object]:
            return lambda: path.write_text(changed, "utf-8")

        ways = {"saved in the editor": in_the_page, "saved by another program": in_the_file}
        times = {name: _saves(page, text, k, save) for k, (name, save) in enumerate(ways.items())}
        page.close()
        return times
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)


def _changed(text: str, factor: float) -> str:
    """The model with one number changed."""
    found = _NUMBER.search(text)
    assert found is not None, "the model has no uniform(0, NUMBER)"
    return text[: found.start(1)] + f"{float(found[1]) * factor:g}" + text[found.end(1) :]


def _saves(page: Any, text: str, way: int, write: Callable[[str], Callable[[], object]]) -> list[float]:
    """Seconds of each save but the first ones, from the save itself: the text is written before."""
    times: list[float] = []
    for number in range(WARM + SAVES):
        before = page.evaluate("() => page.state.solve.outcome_version")
        page.wait_for_timeout(PAUSE)
        save = write(_changed(text, 1 + (1 + number + 2 * SAVES * way) / 200))
        start = time.perf_counter()
        save()
        page.wait_for_function(_LATEST, arg=before, timeout=_WITHIN)
        times.append(time.perf_counter() - start)
    return times[WARM:]
