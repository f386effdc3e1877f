"""Pairs with images, for the tests that train."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tuning.rows import rows, write


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """A folder of twelve pairs of six synthetic patients, half of them with an image."""
    pytest.importorskip("PIL")
    return write(tmp_path / "data", rows(images=True))
