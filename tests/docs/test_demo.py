"""The demonstration of docs/demo.md, line by line: real nginx and Envoy, a real service, a real data API."""

from __future__ import annotations

import difflib

from tests.docs.demonstrated import shown, without_envoy, written


def test_the_demonstration_writes_what_the_page_shows() -> None:
    """About half a minute; where Envoy is not installed, the page is held to the rest."""
    now, page = written(), shown()
    if "edge-envoy" not in now:
        page = without_envoy(page)

    changed = difflib.unified_diff(page.split("\n"), now.split("\n"), "docs/demo.md", "as it is now", lineterm="")
    assert now == page, "\n".join((*changed, "if that is right: python -m tests.docs.demonstrated"))


def test_the_page_without_envoy_lacks_that_step_alone() -> None:
    page = shown()

    assert page.count("edge-envoy") == 3
    assert "Envoy" not in without_envoy(page)
    assert [line[:1] for line in without_envoy(page).split("\n") if line[:1].isdigit()] == list("12345678")
