"""The examples are right, and the documentation knows every key."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimeflow.types.config import LiveConfig

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("*.toml")) + sorted(EXAMPLES.glob("*.yaml")), ids=lambda p: p.name
)
def test_an_example_is_a_valid_configuration(path):
    assert LiveConfig.from_file(path).frozen().symbols


def test_the_yaml_example_is_the_toml_example():
    toml = LiveConfig.from_file(EXAMPLES / "paper.toml")
    yaml = LiveConfig.from_file(EXAMPLES / "paper.yaml")

    assert toml.frozen() == yaml.frozen()
