"""The live page of the flagship in Chromium: from a slider to its first picture, and to the fine map.

A first picture is the tree, the margin and a map of 32 x 32 cells over 16 draws, drawn and painted by the
browser; the time begins with the frame in which the slider's move is taken up. The fine map has 100 x 100
cells over 128 draws, from the workers; its time begins with the same frame and has the 50 ms of rest in it
that the page waits for a next move.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common import Report, Row, Target

MODEL = "kremlin-2022"
LOADS = 7
PAIRS, WARM, MOVES = 12, 6, 12
FILLS = 5
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

FIRST = "slider to first picture, axes as opened"
WORST = "slider to first picture, all pairs of axes tried"
FULL = "slider to fine map, axes as opened"
FULL_ALL = "slider to fine map, all pairs of axes tried"
AGAIN = "slider to first picture while a fine map is made"
READY = "page ready"

PREPARE = """
() => {
  const page = raisonPlay.page;
  page.map.enough = Infinity;  // all 16 draws, however long they take
  page.map.coarse = 32;
  const channel = new MessageChannel();
  window.step = (k, share) => new Promise(done => {
    const [low, high] = page.data.parameters[k].range;
    page.hold([[k, low + (high - low) * share]]);
    requestAnimationFrame(() => {
      channel.port1.onmessage = () => done(performance.now() - page.began);
      channel.port2.postMessage(0);  // comes after the frame is painted
    });
  });
  window.fine = () => new Promise(done => {
    const look = () => page.map.isFirst ? setTimeout(look, 1) : done(page.map.filled - page.began);
    look();
  });
  window.free = () => page.ranged().filter(k => !page.axes().includes(k));
  window.turn = (x, y) => page.set(() => { page.settings.axes = [x, y]; page.settings.held.clear(); });
}
"""

DRAG = """
async ([warm, moves, from]) => {
  const rest = free(), times = [];
  for (let move = 0; move < warm + moves; move++) {
    const place = rest[(from + Math.floor(move / 3)) % rest.length];
    const taken = await step(place, 0.2 + 0.6 * ((move * 0.37) % 1));
    if (move >= warm) times.push(taken);
  }
  return times;
}
"""


def run() -> Report:
    """Measure it."""
    from playwright.sync_api import sync_playwright

    import raison

    report = Report(f"Live page: {MODEL}, in Chromium")
    browser = next(path for name in BROWSERS if (path := shutil.which(name)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run_ = raison.gallery(MODEL).run(draws=100_000)
        path = run_.report(Path(folder) / "report.html", challenged=run_.challenge())
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        times = _times(chromium, path.as_uri())
        report.notes.append(f"Chromium {chromium.version}.")
        chromium.close()
        size = path.stat().st_size / 1e6
    for name, samples in times.items():
        report.rows.append(Row(name, tuple(samples), "ms"))
    report.rows.append(Row("size of the report, challenged", (size,), "MB"))
    report.targets = [
        Target("first picture, median ms", report.time_of(WORST), 16, most=True),
        Target("first picture, worst ms", max(times[WORST]), 50, most=True),
        Target("fine map, axes as opened, median ms", report.time_of(FULL), 500, most=True),
        Target("fine map, all pairs, median ms", report.time_of(FULL_ALL), 500, most=True),
        Target("page ready, median ms", report.time_of(READY), 500, most=True),
        Target("size, MB", size, 3, most=True),
    ]
    return report


def _times(browser: Any, address: str) -> dict[str, list[float]]:
    """Samples in ms."""
    found: dict[str, list[float]] = {READY: []}
    for _ in range(LOADS):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        found[READY].append(page.evaluate("raisonPlay.ready"))
        if len(found[READY]) < LOADS:
            page.close()
    page.wait_for_timeout(3000)
    page.evaluate(PREPARE)
    page.locator("#play").scroll_into_view_if_needed()
    page.evaluate(DRAG, [4 * WARM, 0, 0])  # compilers of the browser come to rest
    found[FIRST] = page.evaluate(DRAG, [WARM, 4 * MOVES, 0])
    found[FULL], found[AGAIN] = [], []
    for k in range(FILLS):
        page.evaluate(f"step(free()[{k}], 0.3)")
        found[FULL].append(page.evaluate("fine()"))
        page.evaluate(f"step(free()[{k}], 0.4)")
        page.wait_for_timeout(120)  # the workers are at it
        found[AGAIN].append(page.evaluate(f"step(free()[{k}], 0.5)"))
    ranged = page.evaluate("raisonPlay.page.ranged()")
    found[WORST], found[FULL_ALL] = [], []
    for k in range(PAIRS):
        x, y = ranged[(7 * k) % len(ranged)], ranged[(11 * k + 3) % len(ranged)]
        if x == y:
            continue
        page.evaluate(f"turn({x}, {y})")
        found[WORST] += page.evaluate(DRAG, [WARM, MOVES, k])
        found[FULL_ALL].append(page.evaluate("fine()"))
    return found
