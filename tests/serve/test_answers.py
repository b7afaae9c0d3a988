"""The server's answers: to whom, about what, and what it never does."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from raison.model.reader import read_text
from raison.model.starter import starter

testclient = pytest.importorskip("starlette.testclient", reason="the extra serve is not installed")

from raison.serve.app import make_app  # noqa: E402
from raison.serve.file import ModelFile  # noqa: E402
from raison.serve.guard import hosts_of  # noqa: E402

HOST = "127.0.0.1:8760"
WRONG = "raison: 1\ntitle: t\nplayers: {a: A}\nwhat: 1\n"  # has an error, so that no process is started


@pytest.fixture
def path(tmp_path):
    (tmp_path / "inside").mkdir()
    found = tmp_path / "inside" / "model.yaml"
    found.write_text(WRONG)
    (tmp_path / "secret.yaml").write_text("secret: 1\n")
    return found


@pytest.fixture
def client(path):
    app = make_app(ModelFile(path), hosts_of("127.0.0.1", 8760), draws=64)
    with testclient.TestClient(app, base_url=f"http://{HOST}") as opened:
        yield opened


@pytest.mark.parametrize("address", ["/", "/file", "/page/solve", "/vs/loader.js", "/nothing"])
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8760"},
        {"host": "127.0.0.1:8761"},
        {"host": "127.0.0.1.evil.example:8760"},
        {"host": ""},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:8761"},
        {"origin": "https://127.0.0.1:8760"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=lambda headers: "-".join(*headers.items()),
)
def test_a_foreign_host_or_origin_is_refused(client, address, headers):
    answer = client.get(address, headers=headers)
    assert answer.status_code == 403
    assert "secret" not in answer.text
    assert "raison: 1" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8760", "localhost:8760", "[::1]:8760", "LOCALHOST:8760"])
def test_every_name_of_loopback_is_answered(client, host):
    headers = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    assert client.get("/file", headers=headers).json()["text"] == WRONG


def test_a_foreign_page_cannot_save(client, path):
    text = {"text": "mine", "based_on": client.get("/file").json()["version"]}
    assert client.post("/save", json=text, headers={"origin": "http://evil.example"}).status_code == 403
    plain = client.post("/save", content=json.dumps(text), headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    assert path.read_text() == WRONG


def test_a_foreign_page_cannot_follow_the_state(client):
    for headers in ({"origin": "http://evil.example"}, {}):
        with (
            pytest.raises(testclient.WebSocketDisconnect) as caught,
            client.websocket_connect("/state", headers={"host": HOST, **headers}),
        ):
            pass
        assert caught.value.code == 1008


@pytest.mark.parametrize(
    "wish",
    [
        "/../secret.yaml", "/%2e%2e/secret.yaml", "/vs/../../secret.yaml", "/vs/%2e%2e/%2e%2e/secret.yaml",
        "/vs/..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd", "/vs//etc/passwd", "/page/../file",
        "/page/secret.yaml",
        "/serve.js/../../app.py", "/vs/%00", "/file?path=../secret.yaml",
    ],
)  # fmt: skip
def test_nothing_but_the_file_and_the_page_can_be_read(client, wish):
    answer = client.get(wish)
    assert "secret: 1" not in answer.text
    assert "root:" not in answer.text
    assert "import" not in answer.text
    assert answer.status_code in ({200, 404} if "file" in wish else {403, 404})


def test_an_include_outside_of_the_folder_is_not_read(client):
    text = starter("s") + "\ninclude:\n  x: {from: ../secret.yaml}\n"
    problems = client.post("/check", json={"text": text}).json()["problems"]
    assert any("in the model's folder or below it" in problem["message"] for problem in problems)


def test_a_save_writes_the_file(client, path):
    version = client.get("/file").json()["version"]
    answer = client.post("/save", json={"text": WRONG + "# more\n", "based_on": version})
    assert answer.status_code == 200
    assert path.read_text() == WRONG + "# more\n"
    assert answer.json()["version"] == client.get("/file").json()["version"]


def test_a_save_over_a_change_that_was_not_seen_is_a_conflict_that_shows_it(client, path):
    version = client.get("/file").json()["version"]
    path.write_text("changed elsewhere\n")
    answer = client.post("/save", json={"text": "mine", "based_on": version})
    assert answer.status_code == 409
    assert answer.json()["text"] == "changed elsewhere\n"
    assert "changed on disk" in answer.json()["message"]
    assert path.read_text() == "changed elsewhere\n"


def test_two_pages_that_save_one_after_the_other_do_not_lose_the_first(client, path):
    version = client.get("/file").json()["version"]
    assert client.post("/save", json={"text": "first", "based_on": version}).status_code == 200
    assert client.post("/save", json={"text": "second", "based_on": version}).status_code == 409
    assert path.read_text() == "first"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"text": 1, "based_on": ""}', 400),
        (b'{"text": ""}', 400),
        (b"[" * 100_000, 400),
        (b'{"text": "' + b"x" * 1_000_001 + b'", "based_on": "VERSION"}', 422),
        (b"x" * 9_000_000, 413),
    ],
    ids=["empty", "a list", "a number", "incomplete", "deep", "a large text", "a huge request"],
)
def test_a_request_that_is_not_as_it_should_be_is_refused_with_a_sentence(client, path, content, status):
    content = content.replace(b"VERSION", client.get("/file").json()["version"].encode())
    answer = client.post("/save", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["message"].endswith(".")
    assert path.read_text() == WRONG


def test_a_text_that_is_being_written_is_checked_at_its_lines(client, path):
    problems = client.post("/check", json={"text": starter("s").replace("p_win,", "p_wni,")}).json()[
        "problems"
    ]
    (problem,) = [p for p in problems if p["severity"] == "error"]
    assert "p_wni" in problem["message"]
    assert starter("s").splitlines()[problem["line"] - 1].startswith("  fight_value")
    assert path.read_text() == WRONG


def test_a_check_and_the_save_after_it_read_a_text_once(client, path, monkeypatch):
    reads = []

    def slow(text, file):
        reads.append(text)
        time.sleep(0.3)
        return read_text(text, file)

    monkeypatch.setattr("raison.serve.app.read_text", slow)
    monkeypatch.setattr("raison.serve.session.read_text", slow)
    version, new = client.get("/file").json()["version"], WRONG.replace("what", "which")
    with ThreadPoolExecutor(2) as pool:
        check = pool.submit(client.post, "/check", json={"text": new})
        time.sleep(0.1)
        save = pool.submit(client.post, "/save", json={"text": new, "based_on": version})
    assert save.result().status_code == check.result().status_code == 200
    assert save.result().json()["problems"] == check.result().json()["problems"] != []
    assert path.read_text() == new
    time.sleep(1)  # whoever watches the file has seen the save
    assert reads == [new]


def test_completion_is_answered(client):
    offers = client.post("/complete", json={"text": "ti", "line": 1, "column": 2}).json()["offers"]
    assert "title" in [offer["text"] for offer in offers]


def test_a_wrong_file_is_not_solved_and_says_why(client):
    with client.websocket_connect("/state", headers={"host": HOST, "origin": f"http://{HOST}"}) as socket:
        state = socket.receive_json()
    assert state["solve"]["running"] is None
    assert [problem["line"] for problem in state["problems"] if "'what'" in problem["message"]] == [4]
    answer = client.post("/analyse", json={"kind": "challenge"})
    assert answer.status_code == 409
    assert "errors" in answer.json()["message"]


def test_an_analysis_that_does_not_exist_is_refused(client):
    assert client.post("/analyse", json={"kind": "magic"}).status_code == 422
    assert client.post("/cancel", json={"line": "magic"}).status_code == 422
    assert client.post("/cancel", json={"line": "solve"}).status_code == 200


def test_the_page_allows_itself_no_stranger(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert client.get("/").headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in client.get("/").headers


def test_a_change_by_another_editor_is_told(client, path):
    with client.websocket_connect("/state", headers={"host": HOST, "origin": f"http://{HOST}"}) as socket:
        before = socket.receive_json()["version"]
        path.write_text(WRONG + "# by another editor\n")
        assert socket.receive_json()["version"] != before


def test_what_the_file_includes_from_a_folder_below_is_watched(client, path):
    part = path.parent / "parts" / "part.yaml"
    part.parent.mkdir()
    part.write_text("raison: 1\nwhere: 1\n")

    def told_of_the_part(socket):
        problems = socket.receive_json()["problems"]
        return [problem["message"] for problem in problems if str(problem["file"]).endswith("part.yaml")]

    with client.websocket_connect("/state", headers={"host": HOST, "origin": f"http://{HOST}"}) as socket:
        assert told_of_the_part(socket) == []
        path.write_text(WRONG + "include: {x: {from: parts/part.yaml}}\n")
        assert "'where'" in told_of_the_part(socket)[0]
        part.write_text("raison: 1\nwhen: 1\n")
        assert "'when'" in told_of_the_part(socket)[0]


def test_a_file_that_is_deleted_and_comes_back_is_told(client, path):
    with client.websocket_connect("/state", headers={"host": HOST, "origin": f"http://{HOST}"}) as socket:
        socket.receive_json()
        path.unlink()
        assert "no longer there" in socket.receive_json()["fault"]
        path.write_text(WRONG)
        assert socket.receive_json()["fault"] is None
