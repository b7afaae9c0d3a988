"""An empty page for tests of the live one."""

import pytest


@pytest.fixture
def blank(browser):
    """An empty page that collects what goes wrong in it."""
    page = browser.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    assert page.complaints == []
    page.close()
