"""Files that cannot be read, and what YAML and TOML must not change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.types.config import LiveConfig
from regimeflow.types.config.load import load_file, merged
from regimeflow.types.errors import ConfigError


def refusal(path) -> str:
    with pytest.raises(ConfigError) as caught:
        LiveConfig.from_file(path)
    (fault,) = caught.value.faults
    assert str(path) == fault.path
    return fault.text


@pytest.fixture
def file(tmp_path):
    def make(name: str, content: bytes | str):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def test_a_file_that_is_not_there(tmp_path):
    assert "no such file or directory" == refusal(tmp_path / "gone.toml")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.toml").mkdir()

    assert "is a directory" == refusal(tmp_path / "a.toml")


def test_a_name_that_no_file_can_have():
    with pytest.raises(ConfigError, match="not a file's name"):
        LiveConfig.from_file("a\0.toml")


@pytest.mark.parametrize("name", ["a.json", "a", "a.ini"])
def test_an_ending_that_is_not_known(file, name):
    assert "expected .toml, .yaml or .yml" in refusal(file(name, "{}"))


@pytest.mark.parametrize("name", ["a.toml", "a.yaml", "a.yml"])
@pytest.mark.parametrize("text", ["", "\n", "# nothing\n"])
def test_an_empty_file(file, name, text):
    assert "it is empty; expected at least broker_type and symbols" == refusal(file(name, text))


@pytest.mark.parametrize("name", ["a.toml", "a.yaml"])
def test_a_file_that_is_not_utf_8(file, name):
    assert "it is not UTF-8 (byte 2)" == refusal(file(name, b"a=\xff"))


def test_a_byte_order_mark_does_no_harm(file):
    path = file("a.toml", b'\xef\xbb\xbfsymbols = ["X"]\n')

    assert ("X",) == LiveConfig.from_file(path).symbols


def test_a_file_that_is_too_large(file):
    assert "it is too large" in refusal(file("a.toml", "#" * 300_000))


def test_bad_toml_says_its_line(file):
    assert "(at line 2, column 9)" in refusal(file("a.toml", "x = 1\nsecret= hunter2\n"))


@pytest.mark.parametrize("name", ["a.toml", "a.yaml"])
def test_bad_syntax_never_quotes_the_file(file, name):
    path = file(name, 'x: 1\napi_key: "hunter2\n' if name == "a.yaml" else 'api_key = "hunter2\n')

    assert "hunter2" not in refusal(path)


def test_bad_yaml_says_its_line(file):
    assert refusal(file("a.yaml", "symbols: [X]\n  broker: x\n")).startswith("line 2, column ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "dry_run = true\ndry_run = false\n"),
        ("a.yaml", "dry_run: true\ndry_run: false\n"),
    ],
)
def test_a_key_that_stands_twice(file, name, text):
    assert "line 2" in refusal(file(name, text))


@pytest.mark.parametrize("text", ["a: &x [1]\nb: *x\n", "a: &x {b: *x}\n"])
def test_yaml_aliases_are_refused(file, text):
    assert "aliases are not supported" in refusal(file("a.yaml", text))


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object:os.system ls\n",
        "a: !!binary x\n",
        "a: !!timestamp x\n",
        "a: !!int x\n",
        "a: !!float ''\n",
        "a: !thing x\n",
        "{[1]: 2}\n",
        "{{a: 1}: 2}\n",
        "--- 1\n--- 2\n",
        'a: "\\UFFFFFFFF"\n',
        "a: \x01\n",
        "[" * 1000,
        "%YAML 9.9\n---\na",
    ],
)
def test_odd_yaml_is_one_clear_fault(file, text):
    assert refusal(file("a.yaml", text))


@pytest.mark.parametrize("text", ["a = " + "[" * 50_000, "a = 1" + "0" * 5000, "a = 2024-99-99"])
def test_odd_toml_is_one_clear_fault(file, text):
    assert refusal(file("a.toml", text))


@pytest.mark.parametrize("text", ["- 1\n", "hello\n", "5\n", "[]\n", "false\n"])
def test_yaml_that_is_no_table(file, text):
    assert "it is not a table" in refusal(file("a.yaml", text))


def test_yaml_reads_tickers_and_times_as_they_stand(file):
    """YAML 1.1 has ON and NO as truth values and 16:00 as 960."""
    text = "symbols: [ON, NO, Y]\nwhen: 16:00\nday: 2024-08-08\nsize: 1e3\noct: 010\nhex: 0x1F\n"

    tables = load_file(str(file("a.yaml", text)))

    assert {
        "symbols": ["ON", "NO", "Y"],
        "when": "16:00",
        "day": "2024-08-08",
        "size": Decimal(1000),
        "oct": 10,
        "hex": 31,
    } == tables


@pytest.mark.parametrize(("name", "text"), [("a.toml", "x = 0.1"), ("a.yaml", "x: 0.1")])
def test_decimals_come_digit_for_digit(file, name, text):
    assert {"x": Decimal("0.1")} == load_file(str(file(name, text)))


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.toml", "x = nan\ny = 1e99999999999999999999"), ("a.yaml", "x: .nan\ny: -.inf\n")],
)
def test_what_is_not_finite_is_kept_for_the_check_to_refuse(file, name, text):
    tables = load_file(str(file(name, text)))

    assert not any(value.is_finite() for value in tables.values())


def test_overrides_are_put_at_their_dotted_keys():
    tables = {"a": {"b": 1, "c": 2}, "d": 3}

    result = merged(tables, {"a.b": 5, "d.e": 6, "f.g.h": 7})

    assert {"a": {"b": 5, "c": 2}, "d": {"e": 6}, "f": {"g": {"h": 7}}} == result
    assert {"a": {"b": 1, "c": 2}, "d": 3} == tables
