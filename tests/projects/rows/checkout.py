"""Giving."""

from tests.projects.rows import Row

ROWS: dict[str, Row] = {}
