"""Secrets are pointed at, and never shown."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from regimeflow.types.errors import ConfigError
from regimeflow.types.secrets import SecretStr
from regimeflow.types.settings import Settings, setting


class AVenue(Settings):
    api_key: SecretStr | None = setting(None, "A key.")
    host: str = setting("localhost", "A host.")


@pytest.fixture
def reference(monkeypatch):
    monkeypatch.setenv("A_VENUE_KEY", "hunter2")
    return "env:A_VENUE_KEY"


def refusal(call) -> str:
    with pytest.raises(ConfigError) as caught:
        call()
    return str(caught.value)


def test_a_variable_is_revealed_only_when_asked(reference):
    key = SecretStr(reference)

    assert "hunter2" == key.reveal()
    assert "***" == str(key) == f"{key}"
    assert "hunter2" not in repr(key) + f"{key:>10}" + str(pickle.dumps(key))
    assert key == pickle.loads(pickle.dumps(key))  # noqa: S301  # our own bytes
    assert {key: 1} == {SecretStr(reference): 1}
    assert key != "hunter2"


def test_a_file_is_read_without_its_last_line_end(tmp_path):
    (tmp_path / "key").write_text("hunter2\n", encoding="utf-8")

    assert "hunter2" == SecretStr("file:key", folder=str(tmp_path)).reveal()
    assert "hunter2" == SecretStr(f"file:{tmp_path / 'key'}", folder="/elsewhere").reveal()


def test_a_secret_that_is_rotated_is_seen(tmp_path):
    (tmp_path / "key").write_text("old", encoding="utf-8")
    secret = SecretStr(f"file:{tmp_path / 'key'}")

    (tmp_path / "key").write_text("new", encoding="utf-8")

    assert "new" == secret.reveal()


@pytest.mark.parametrize(
    "literal",
    [
        "hunter2",
        "",
        "hunter2:env",
        "env:hunter-2",
        "env:",
        "file:",
        "https://u:hunter2@x",
        "ENV:A",
        None,
        5,
    ],
)
def test_a_literal_is_refused_and_not_repeated(literal):
    text = refusal(lambda: SecretStr(literal))

    assert "hunter" not in text
    assert "env:NAME" in text


@pytest.mark.parametrize("scheme", ["sops", "aws-ssm", "op"])
def test_a_store_that_nothing_can_ask_is_named(scheme):
    text = refusal(lambda: SecretStr(f"{scheme}://kv/hunter2"))

    known = "env:, file:, keyring:, vault:, aws-sm:, gcp-sm:, azure-kv:"
    assert f"found a {scheme}: reference; known are {known}" == text


def test_a_table_refuses_a_literal_under_its_path():
    text = refusal(lambda: AVenue(api_key="hunter2"))

    assert text.startswith("api_key: found a value (hidden)")
    assert "hunter2" not in text


@pytest.mark.parametrize("wrong", [5, ["hunter2"], {"a": "hunter2"}, True, b"hunter2"])
def test_a_secret_of_the_wrong_type_is_not_repeated(wrong):
    text = refusal(lambda: AVenue(api_key=wrong))

    assert text.startswith("api_key: found")
    assert "hunter2" not in text


def test_a_table_keeps_the_reference(reference):
    assert SecretStr(reference) == AVenue(api_key=reference).api_key
    assert "hunter2" not in repr(AVenue(api_key=reference))


def test_a_variable_that_is_not_set_is_said_by_name(monkeypatch):
    monkeypatch.delenv("A_VENUE_KEY", raising=False)

    text = refusal(lambda: AVenue(api_key="env:A_VENUE_KEY"))

    assert "api_key: the environment variable A_VENUE_KEY is not set" == text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff", "not UTF-8"),
        (b"x" * 70_000, "too large"),
    ],
)
def test_a_file_that_holds_no_secret_is_said(tmp_path: Path, content, words):
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)

    assert words in refusal(SecretStr(f"file:{path}").reveal)
