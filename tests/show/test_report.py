"""The report's page: complete, self-contained, and safe whatever the model says."""

import base64
import hashlib
import html
import os
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import sample

from raison.model.records import Claim, Model, Player, Premise, Source
from raison.show.report import render_report, write_report, written_by_raison_for

EVIL = "</style></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}&amp;\u202e"


class Page(HTMLParser):
    """What a parser finds in a page: tags, attributes and ids."""

    def __init__(self, text):
        super().__init__()
        self.tags = Counter()
        self.attributes = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]

    def values(self, name):
        return [value for _, found, value in self.attributes if found == name]


@pytest.fixture(scope="module")
def page():
    return render_report(sample.model(), sample.record())


def visible(text):
    body = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_the_verdict_is_the_first_sentence_after_the_title(page):
    said = visible(page.partition("<h1>")[2])
    assert said.startswith(
        "Is a strike at the stronger side rational for a leader who is failing against the weaker? In "
        "31.2% of the "
        "draws (95% interval 30.9% to 31.5%), “strike” is the rational move for the leader at “opening”."
    )


def test_everything_that_a_reader_needs_is_there(page):
    said = visible(page)
    for words in (
        "raison run kremlin-2022 --draws 100000 --seed 1",
        "3f" * 32,
        "jax 0.10.0",
        "Threads of autumn 2022",
        "source fairly reliable (C), claim possibly true (3)",
        "said 2022-10-01",
        "0.012% of the 100,000 draws failed",
        "neutrality",
        "STYLISED composition",
        "The stronger state",
        "uniform(0, 0.5)",
        "fixed at 1",
        "offices",
        "s_yielded",
    ):
        assert words in said
    for name in (*sample.PREMISES, *sample.UNCERTAIN, *sample.FIXED, *sample.model().outcomes):
        assert name in said
    assert page.count('class="plot"') == 4 + len(sample.UNCERTAIN)


def test_many_questions_are_told_in_several_tables_of_premises():
    record = sample.record()
    twice = tuple(q.model_copy(update={"name": f"{q.name} {i}"}) for i in range(3) for q in record.questions)[
        :12
    ]
    removals = tuple(
        r.model_copy(update={"changes": tuple(r.changes[i % 5] for i in range(12))}) for r in record.removals
    )
    plain = {"margin_histogram": None, "histogram": None}
    questions = tuple(q.model_copy(update=plain) for q in twice)
    text = render_report(
        sample.model(), record.model_copy(update={"questions": questions, "removals": removals})
    )
    tables = re.findall(r'<table class="sortable others.*?</table>', text, flags=re.DOTALL)
    # the 11 questions after the first in even tables, of 20 premises and one set
    assert [table.count("data-sort") for table in tables] == [3 * 21, 4 * 21, 4 * 21]
    assert len(Page(text).values("id")) == len(set(Page(text).values("id")))


def test_numbers_have_their_own_errors(page):
    said = visible(page)
    for words in (
        "withdraw 24.5% ± 0.3",  # a move at a node
        "31.2% ± 0.3",  # how often a node is reached
        "yielded 71.2% ± 0.4",  # what follows a strike
        "held 18.7% ± 0.3",  # outcomes over all draws
    ):
        assert words in said.replace("\u00a0", " ")
    titles = re.findall(r"<title>(opening: strike leads.*?)</title>", page)
    assert titles == [
        "opening: strike leads to order; chosen in a share of draws of 31.2% ± 0.3; play comes along it with "
        "a mean probability of 31.2% ± 0.3"
    ]


def test_a_parameter_that_is_uncertain_only_without_a_premise_is_marked(page):
    row = re.search(r"<tr id=[^>]*><th[^>]*><span class=\"name\">foresight</span>.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert "uncertain only there uniform(0, 1) without H2-answers-anyway" in visible(row[0])
    assert visible(page).count("uncertain only there") == 1


def test_a_long_description_is_folded_and_loses_nothing():
    about = (
        "What a limited answer is worth to the stronger state, a sum of several things; " + "and more " * 30
    )
    model = sample.model()
    parameters = {**model.parameters, "theta": replace(model.parameters["theta"], about=about)}
    text = render_report(replace(model, parameters=parameters), sample.record())
    (folded,) = re.findall(r'<details class="more"><summary>What a limited.*?</details>', text)
    assert visible(folded).replace(" …", "") == " ".join(about.split())


def test_it_is_not_called_a_probability_unless_the_distributions_are_beliefs(page):
    assert "It is not a probability" in page
    believed = render_report(sample.model(beliefs=True), sample.record(beliefs=True))
    assert "It is not a probability" not in believed
    assert "With a probability of 31.2% (95% interval 30.9% to 31.5%; unlikely)" in believed


def test_ids_are_unique_and_every_link_within_the_page_has_its_target(page):
    parsed = Page(page)
    ids = parsed.values("id")
    assert len(ids) == len(set(ids))
    targets = {link[1:] for link in parsed.values("href") if link.startswith("#")}
    assert targets <= set(ids)
    labelled = {part for value in parsed.values("aria-labelledby") for part in value.split()}
    assert labelled <= set(ids)


def test_nothing_comes_from_outside_and_nothing_is_styled_inline(page):
    parsed = Page(page)
    assert not parsed.values("src")
    assert not parsed.values("style")
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on")]
    assert parsed.tags["link"] == 1
    assert set(parsed.values("rel")) == {"icon", "noopener noreferrer"}
    assert "@import" not in page
    assert "url(" not in page


def test_the_policy_has_the_hashes_of_the_style_and_the_script(page):
    policy = next(v for v in Page(page).values("content") if v and v.startswith("default-src"))
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def hostile() -> Model:
    """The sample with every free text replaced by markup."""
    model = sample.model()
    return replace(
        model,
        title=EVIL,
        about=EVIL,
        players={name: Player(EVIL) for name in model.players},
        parameters={name: replace(p, unit=EVIL, about=EVIL) for name, p in model.parameters.items()},
        premises={name: Premise(EVIL, p.without, p.claims) for name, p in model.premises.items()},
        claims={name: Claim(EVIL, "threads", EVIL, 3, EVIL) for name in model.claims},
        sources={"threads": Source(EVIL, EVIL, EVIL, "C", EVIL, "javascript:alert(1)//https://example.org")},
    )


def test_text_of_the_model_injects_neither_markup_nor_script(page):
    record = sample.record()
    questions = tuple(
        q.model_copy(update={"name": EVIL, "move": EVIL, "outcomes": {EVIL: 1.0}}) for q in record.questions
    )
    removals = tuple(r.model_copy(update={"name": EVIL, "says": EVIL}) for r in record.removals)
    failures = tuple(f.model_copy(update={"reason": EVIL}) for f in record.failures)
    identity = record.model.model_copy(update={"name": EVIL, "title": EVIL})
    update = {
        "questions": questions,
        "removals": removals,
        "failures": failures,
        "model": identity,
        "command": EVIL,
    }
    evil = render_report(hostile(), record.model_copy(update=update))
    parsed, good = Page(evil), Page(page)
    assert parsed.tags["script"] == parsed.tags["style"] == 1
    assert parsed.tags["img"] == 0
    assert set(parsed.tags) <= set(good.tags)
    assert {name for _, name, _ in parsed.attributes} <= {name for _, name, _ in good.attributes}
    assert "\u202e" not in evil
    assert "{{7*7}}" in evil
    assert not [v for v in parsed.values("href") if not v.startswith(("#", "data:,"))]


def test_only_web_addresses_become_links(page):
    links = {v for v in Page(page).values("href") if not v.startswith("#")}
    assert links == {"data:,", "https://example.org/t"}


def test_a_model_without_a_game_premises_or_claims_has_a_report():
    record = sample.record()
    amount = record.questions[2].model_copy(update={"given": None, "applies": None})
    update = {
        "questions": (amount,),
        "removals": (),
        "nodes": (),
        "outcomes": {},
        "failures": (),
        "failed": 0.0,
    }
    text = render_report(Model(title="Only an amount"), record.model_copy(update=update))
    said = visible(text)
    assert "the mean of s_yielded is 0.6123 ± 0.0009" in said
    for section in ("game", "premises", "nodes", "claims", "margins"):
        assert f'id="{section}"' not in text


def small():
    """A run without charts, which are most of the time that a report takes."""
    return sample.record().model_copy(
        update={"questions": sample.record().questions[3:4], "parameters": (), "removals": ()}
    )


def test_a_report_says_what_it_is_on(tmp_path):
    path = write_report(tmp_path / "report.html", sample.model(), small())
    assert written_by_raison_for(path) == "kremlin-2022"
    assert os.listdir(tmp_path) == ["report.html"]


def test_what_raison_did_not_write_is_not_its_report(tmp_path):
    assert written_by_raison_for(tmp_path / "missing.html") is None
    path = tmp_path / "a.html"
    path.write_bytes(b"\xff\xfe<html>")
    assert written_by_raison_for(path) is None
    path.write_text('<meta name="raison-model" content="kremlin-2022 00">')
    assert written_by_raison_for(path) is None


def test_a_title_cannot_claim_to_be_another_models_report(tmp_path):
    title = '"><meta name="raison-model" content="other 00">'
    record = small()
    identity = record.model.model_copy(update={"title": title, "name": "mine " + title})
    model = replace(sample.model(), title=title)
    path = write_report(tmp_path / "report.html", model, record.model_copy(update={"model": identity}))
    assert written_by_raison_for(path) == "mine " + title


def test_the_same_models_report_is_written_anew(tmp_path):
    path = tmp_path / "report.html"
    write_report(path, sample.model(), small())
    write_report(path, sample.model(), small().model_copy(update={"seed": 77}))
    assert "seed 77" in path.read_text("utf-8")


@pytest.mark.parametrize("content", ["my thesis", '<meta name="generator" content="raison 0.1.0">'])
def test_a_file_of_somebody_else_is_kept_unless_forced(tmp_path, content):
    path = tmp_path / "report.html"
    path.write_text(content)
    with pytest.raises(FileExistsError, match=r"is not a report by raison: give another path, or --force"):
        write_report(path, sample.model(), small())
    assert path.read_text() == content
    write_report(path, sample.model(), small(), force=True)
    assert written_by_raison_for(path) == "kremlin-2022"


def test_a_report_on_another_model_is_kept(tmp_path):
    path = tmp_path / "report.html"
    identity = small().model.model_copy(update={"name": "other"})
    write_report(path, sample.model(), small().model_copy(update={"model": identity}))
    with pytest.raises(FileExistsError, match="raison's report on 'other'"):
        write_report(path, sample.model(), small())


def test_a_failed_write_leaves_the_old_report_and_no_rest(tmp_path, monkeypatch):
    path = write_report(tmp_path / "report.html", sample.model(), small())
    before = path.read_bytes()

    def refuse(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(type(path), "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_report(path, sample.model(), small())
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["report.html"]
