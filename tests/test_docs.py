"""The README and the documentation: examples run, links lead somewhere, what is made from code is fresh."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import examples
import raison
from raison import api, cli
from raison.model.distribution import KINDS
from raison.model.keys import SECTIONS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [page for page in PAGES if examples.BLOCK.search(page.read_text(encoding="utf-8"))]


def named(pages):
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages]


@pytest.mark.parametrize("page", named(EXAMPLES))
def test_the_examples_of_a_page_do_what_it_says(page, tmp_path):
    faults = examples.run_page(page, tmp_path)
    assert not faults, "\n\n".join(faults)


def test_an_example_that_is_wrong_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one\ntwo\n```\n\n```python\n>>> 1 + 1\n3\n```\n")
    assert len(examples.run_page(page, tmp_path)) == 2


@pytest.mark.parametrize("page", named(PAGES))
def test_links_lead_to_files_and_headings_that_exist(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name}: {target}"
        if heading:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\s-]", "", h.lower()).strip().replace(" ", "-") for h in headings}
            assert heading in slugs, f"{page.name}: {target}"


def test_the_readme_is_short_and_begins_with_the_two_commands():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    assert lines.index("make demo") < lines.index("make test") < 12


@pytest.mark.slow
def test_the_readme_shows_the_flagships_verdict_as_it_is_printed():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[1]
    command = [sys.executable, "-m", "raison.cli", "run", "kremlin-2022", "--no-report"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.startswith(shown)
    for name in ("neutrality", "sober-audience", "missing-player", "hidden-premises"):
        left = re.search(rf"Without the set “{name}”.*?to\s+([\d.]+%)", printed, re.DOTALL)[1]
        assert left in readme, f"{name}: {left}"
    directions = re.search(r"^  directions .*? to ([\d.]+%)", printed, re.MULTILINE)[1]
    assert f"(`directions`), {directions} is left" in readme


def test_every_command_is_in_the_reference():
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    for name, command in typer.main.get_command(cli.app).commands.items():
        assert f"## raison {name}\n" in page
        for parameter in command.params:
            assert all(f"`{option}" in page for option in parameter.opts if option.startswith("-"))


def test_generated_files_are_fresh():
    command = [sys.executable, str(ROOT / "scripts/generated.py"), "--check"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_every_public_name_is_on_the_page_of_the_library():
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    for name in set(raison.__all__) - {"__version__"}:
        assert f"::: {getattr(raison, name).__module__}.{name}\n" in page


def test_the_reference_of_the_language_names_every_key_and_distribution():
    page = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    for section, keys in SECTIONS.items():
        for key in keys:
            assert re.search(rf"\b{key}\b", page), f"{section}: {key}"
    for kind in KINDS:
        assert f"`{kind}(" in page


def test_every_model_of_the_gallery_is_on_its_page():
    page = (ROOT / "docs/gallery.md").read_text(encoding="utf-8")
    for name in api.gallery_files():
        assert f"`{name}`" in page


def test_the_pages_ask_nothing_of_other_hosts():
    # a page that loads fonts or scripts from elsewhere cannot be read offline
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert re.search(r"^\s+font: false\b", settings, re.MULTILINE)
    assert "http" not in re.sub(r"^\s*#.*$", "", settings, flags=re.MULTILINE)
