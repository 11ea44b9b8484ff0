"""The generated pages are current."""

from __future__ import annotations

import importlib.util

import pytest

from tests.architecture.tree import ROOT

_spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_a_generated_page_is_what_the_source_gives(name: str) -> None:
    assert generate.PAGES[name]() == (ROOT / "docs" / name).read_text()
