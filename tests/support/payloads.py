"""Recorded messages of venues, kept beside the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("REGIMEFLOW_SHARED") or ROOT.parent / "shared")


def needs_payloads(venue: str) -> pytest.MarkDecorator:
    folder = SHARED / "payloads" / venue
    return pytest.mark.skipif(
        not folder.exists(), reason=f"no recorded messages in {folder} (REGIMEFLOW_SHARED)"
    )


def texts_of(path: Path) -> list[str]:
    """The JSON texts of a file: one, a list of them, one a line, or the fixture format of JKorf."""
    text = path.read_text()
    if path.suffix == ".jsonl":
        return text.splitlines()
    if path.suffix == ".txt":  # "> request", "< answer", "=", and what came, over several lines
        return [text.partition("\n=")[2]]
    return [text]


def frames_of(path: Path) -> list[Any]:
    """Each message of a file, decoded."""
    frames: list[Any] = []
    for text in texts_of(path):
        try:
            decoded = json.loads(text)
        except ValueError:
            continue
        is_many = isinstance(decoded, list) and all(isinstance(one, dict) for one in decoded)
        frames += decoded if is_many else [decoded]
    found = [one["msg"] if isinstance(one, dict) and "recv_ns" in one else one for one in frames]
    return [one for one in found if isinstance(one, dict | list)]


def files_of(venue: str, *suffixes: str) -> list[Path]:
    folder = SHARED / "payloads" / venue
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes)
