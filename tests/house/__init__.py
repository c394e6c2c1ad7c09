"""Tests of the house itself: its contracts, its words and what it must not contain."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
