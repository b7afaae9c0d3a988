"""`raison serve` as its user has it: open, write, save, read the verdict; and what may go wrong."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from raison.model.starter import starter

WITHIN = 60_000  # milliseconds; the machine may be busy
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def start(path, *options):
    """A server of a file, and its address."""
    command = [
        sys.executable,
        "-m",
        "raison.cli",
        "serve",
        str(path),
        "--no-browser",
        "--port",
        "0",
        *options,
    ]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    line = server.stderr.readline()
    return server, re.search(r"http://\S+", line)[0]


def end(server):
    server.send_signal(signal.SIGINT)
    said = server.communicate(timeout=30)[1]
    assert (server.returncode, said) == (0, "")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "crisis.yaml"
    path.write_text(starter("crisis"))
    server, address = start(path, "--draws", "1000", "--analysis-draws", "2000")
    yield path, address
    end(server)


@pytest.fixture
def visit(browser):
    """Opens an address; collects what the browser complains about, beyond the refusals of this server."""
    contexts = []

    def go(address, **options):
        contexts.append(browser.new_context(viewport={"width": 1300, "height": 800}, **options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(address)
        page.locator(".monaco-editor .view-line").first.wait_for(timeout=WITHIN)
        return page

    yield go
    for context in contexts:
        context.close()


def verdict(page):
    """The verdict, once it is of the text on disk that the editor's text was made from."""
    known = "() => page.base && page.state && page.state.solve.outcome_version === page.base"
    page.wait_for_function(known, timeout=WITHIN)
    page.locator("#verdict .first:not(.old)").wait_for(timeout=WITHIN)
    return page.locator("#verdict .first").inner_text()


def settle(page):
    page.locator("#progress[hidden]").wait_for(state="attached", timeout=WITHIN)


def write(page, text):
    """Puts a text in the place of the editor's, as typing would."""
    page.evaluate(
        "text => page.editor.executeEdits('', [{range: page.editor.getModel().getFullModelRange(), text}])",
        text,
    )


@pytest.fixture(autouse=True)
def as_it_was(served):
    served[0].write_text(starter("crisis"))


def test_open_write_save_and_read_the_verdict(served, visit):
    path, address = served
    page = visit(address)
    first = verdict(page)
    settle(page)
    write(page, starter("crisis").replace("uniform(0.2, 0.8)", "uniform(0.2, 0.3)"))
    assert page.locator("#saved").inner_text() == "not saved"
    page.locator("#editor").click()
    page.keyboard.press("Control+s")
    page.locator("#saved", has_text=re.compile("^saved$")).wait_for(timeout=WITHIN)
    assert "uniform(0.2, 0.3)" in path.read_text()
    assert verdict(page) != first
    settle(page)
    inside = page.frame_locator("#page")
    inside.locator("#play .lead").wait_for(timeout=WITHIN)
    assert page.complaints == []


def test_another_editor_may_write_the_file_too(served, visit):
    path, address = served
    page = visit(address)
    verdict(page)
    path.write_text(starter("crisis").replace("shame: 0.1", "shame: 0.8"))
    page.wait_for_function("() => page.editor.getValue().includes('shame: 0.8')", timeout=WITHIN)
    verdict(page)


def test_a_wrong_file_is_marked_at_its_line_and_mended(served, visit):
    _, address = served
    page = visit(address)
    verdict(page)
    write(page, starter("crisis").replace("cost_challenger)", "cost_chalenger)"))
    problem = page.locator("#problems button.error")
    problem.first.wait_for(timeout=WITHIN)
    assert "cost_chalenger" in problem.first.inner_text()
    line = int(re.match(r"line (\d+)", problem.first.inner_text())[1])
    assert (
        "cost_chalenger"
        in starter("crisis").replace("cost_challenger)", "cost_chalenger)").splitlines()[line - 1]
    )
    problem.first.click()
    page.locator("#editor .squiggly-error").first.wait_for(timeout=WITHIN)
    page.locator("#save").click()
    page.locator("#verdict .wrong", has_text="has errors").wait_for(timeout=WITHIN)
    assert page.locator("#verdict .first.old").count() == 1
    write(page, starter("crisis"))
    page.locator("#save").click()
    verdict(page)
    page.locator("#problems button.error").first.wait_for(state="detached", timeout=WITHIN)


def test_a_change_under_the_editor_is_a_conflict_that_is_shown_and_decided(served, visit):
    path, address = served
    page = visit(address)
    verdict(page)
    write(page, starter("crisis") + "# mine\n")
    path.write_text(starter("crisis") + "# theirs\n")
    page.locator("#conflict").wait_for(timeout=WITHIN)
    assert page.locator("#save").is_disabled()
    page.locator("#compare").click()
    page.locator("#difference .monaco-diff-editor").wait_for(timeout=WITHIN)
    assert path.read_text().endswith("# theirs\n")
    page.locator("#mine").click()
    page.locator("#conflict").wait_for(state="hidden", timeout=WITHIN)
    assert path.read_text() == starter("crisis") + "# mine\n"


def test_the_text_of_the_file_can_be_taken_instead(served, visit):
    path, address = served
    page = visit(address)
    verdict(page)
    write(page, starter("crisis") + "# mine\n")
    path.write_text(starter("crisis") + "# theirs\n")
    page.locator("#theirs").click(timeout=WITHIN)
    page.wait_for_function("() => page.editor.getValue().endsWith('# theirs\\n')", timeout=WITHIN)
    assert page.locator("#saved").inner_text() == "saved"


def test_words_are_completed(served, visit):
    page = visit(served[1])
    at_the_end = "{lineNumber: page.editor.getModel().getLineCount(), column: 1}"
    page.evaluate(f"() => {{ page.editor.setPosition({at_the_end}); page.editor.focus(); }}")
    page.keyboard.type("correl")
    offer = page.locator(".suggest-widget .monaco-list-row", has_text="correlations").first
    offer.wait_for(timeout=WITHIN)
    page.locator("#problems .error").first.wait_for(timeout=WITHIN)
    cursor = page.locator("#editor .cursor").bounding_box()
    problems = page.locator("#problems").bounding_box()
    assert cursor is not None, "the line being written is not drawn"
    assert cursor["y"] + cursor["height"] <= problems["y"] + 1, "the line being written is covered"
    assert offer.is_visible()


def test_the_verdict_is_challenged_in_the_background_and_that_can_be_stopped(served, visit):
    page = visit(served[1])
    verdict(page)
    settle(page)
    page.locator("#everything").click()
    page.locator("#stop").click(timeout=WITHIN)
    page.locator("#verdict", has_text="The analysis ended: stopped.").wait_for(timeout=WITHIN)
    page.locator("#challenge").click()
    page.locator("#pages").wait_for(timeout=WITHIN)
    page.locator("#show-analysis").click()
    page.frame_locator("#page").locator("#challenged").wait_for(timeout=WITHIN)
    assert page.complaints == []


def test_a_server_that_is_gone_is_said_and_the_text_stays(browser, visit, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text("raison: 1\n")
    server, address = start(path)
    page = visit(address)
    end(server)
    page.locator("#gone").wait_for(timeout=WITHIN)
    write(page, "raison: 1\n# kept\n")
    assert page.locator("#save").is_disabled()
    port = address.rstrip("/").rpartition(":")[2]
    again = subprocess.Popen(
        [sys.executable, "-m", "raison.cli", "serve", str(path), "--no-browser", "--port", port],
        stderr=subprocess.PIPE,
        text=True,
    )
    again.stderr.readline()
    page.locator("#gone").wait_for(state="hidden", timeout=WITHIN)
    page.locator("#save").click(timeout=WITHIN)
    page.locator("#saved", has_text=re.compile("^saved$")).wait_for(timeout=WITHIN)
    assert path.read_text() == "raison: 1\n# kept\n"
    end(again)


def test_ten_pages_at_once_are_answered(served, browser):
    path, address = served
    context = browser.new_context()
    pages = [context.new_page() for _ in range(10)]
    for page in pages:
        page.goto(address)
    for page in pages:
        page.wait_for_function("() => window.page && window.page.opened", timeout=WITHIN)
    path.write_text(starter("crisis").replace("shame: 0.1", "shame: 0.7"))
    for page in pages:
        page.wait_for_function("() => page.editor.getValue().includes('shame: 0.7')", timeout=WITHIN)
        verdict(page)
    begun = time.perf_counter()
    found = pages[-1].evaluate("() => fetch('/file').then((answer) => answer.status)")
    assert found == 200
    assert time.perf_counter() - begun < 10  # behind a queue of connections it would wait for ever
    context.close()


def test_a_second_server_on_the_port_is_told_so(served):
    path, address = served
    port = address.rstrip("/").rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "raison.cli", "serve", str(path), "--no-browser", "--port", port],
        capture_output=True, text=True, timeout=60, env={**os.environ},
    )  # fmt: skip
    assert second.returncode == 1
    assert second.stderr.startswith(f"raison: port {port} of 127.0.0.1 is taken")
    assert second.stderr.count("\n") == 1
