"""The figures in README.md are what this version computes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("figures", ROOT / "tools" / "figures.py")
assert spec is not None and spec.loader is not None
figures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(figures)


def test_readme_is_as_computed() -> None:
    text = figures.README.read_text("utf-8")
    assert figures.written(text) == text


def test_the_page_on_large_tables_is_as_computed() -> None:
    text = figures.LARGE.read_text("utf-8")
    assert figures.written(text) == text
    assert figures.written(text.replace("same SQL, 1.", "same SQL, 0.").replace(" 0.77 |", " 0.70 |")) == text


def test_a_changed_figure_is_noticed() -> None:
    text = figures.README.read_text("utf-8")
    changed = text.replace("| customer loyalty | churn | 1 | -0.0003", "| customer loyalty | churn | 1 | -0.0009")
    assert changed != text
    assert figures.written(changed) == text
