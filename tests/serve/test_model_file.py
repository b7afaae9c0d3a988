"""The served file: it is written whole, and never over what nobody has seen."""

import hashlib

import pytest

from raison.serve.file import NOTHING, ConflictError, ModelFile


@pytest.fixture
def file(tmp_path):
    (tmp_path / "a.yaml").write_text("raison: 1\n")
    return ModelFile(tmp_path / "a.yaml")


def test_what_is_read_has_the_version_of_its_bytes(file):
    found = file.read()
    assert (found.text, found.fault) == ("raison: 1\n", None)
    assert found.version == hashlib.sha256(b"raison: 1\n").hexdigest()


def test_a_text_takes_the_place_of_the_one_it_was_made_from(file):
    saved = file.save("raison: 1 # ü\n", file.read().version)
    assert file.path.read_bytes() == "raison: 1 # ü\n".encode()
    assert saved == file.read()
    assert [path.name for path in file.folder.iterdir()] == ["a.yaml"]


def test_a_file_that_changed_is_not_written_over(file):
    seen = file.read().version
    file.path.write_text("from elsewhere\n")
    with pytest.raises(ConflictError) as caught:
        file.save("mine\n", seen)
    assert caught.value.found.text == "from elsewhere\n"
    assert file.path.read_text() == "from elsewhere\n"
    file.save("mine\n", caught.value.found.version)
    assert file.path.read_text() == "mine\n"


def test_a_file_that_was_deleted_is_written_only_by_who_knows_that(file):
    seen = file.read().version
    file.path.unlink()
    assert (file.read().version, file.read().text) == (NOTHING, "")
    assert "no longer there" in file.read().fault
    with pytest.raises(ConflictError):
        file.save("mine\n", seen)
    file.save("mine\n", NOTHING)
    assert file.path.read_text() == "mine\n"


def test_the_rights_of_the_file_stay(file):
    file.path.chmod(0o640)
    file.save("x\n", file.read().version)
    assert file.path.stat().st_mode & 0o777 == 0o640


def test_a_link_that_was_put_in_the_place_of_the_file_is_not_followed(file, tmp_path):
    secret = tmp_path / "elsewhere" / "secret"
    secret.parent.mkdir()
    secret.write_text("secret")
    file.path.unlink()
    file.path.symlink_to(secret)
    assert file.read().text == ""
    assert "cannot be read" in file.read().fault
    file.save("mine\n", NOTHING)
    assert secret.read_text() == "secret"


def test_a_link_that_was_served_stays_a_link(tmp_path):
    (tmp_path / "real.yaml").write_text("a\n")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    file = ModelFile(tmp_path / "link.yaml")
    file.save("b\n", file.read().version)
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "b\n"


def test_bytes_that_are_no_text_are_a_fault_and_not_lost(file):
    file.path.write_bytes(b"\xff\xfe\xff")
    found = file.read()
    assert found.text == ""
    assert found.fault is not None
    with pytest.raises(ConflictError):
        file.save("x", NOTHING)
    assert file.path.read_bytes() == b"\xff\xfe\xff"


def test_a_text_larger_than_a_model_may_be_is_refused(file):
    with pytest.raises(ValueError, match="at most 1,000,000 bytes"):
        file.save("x" * 1_000_001, file.read().version)
    assert file.path.read_text() == "raison: 1\n"
