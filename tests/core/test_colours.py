"""The design tokens keep what they promise: enough contrast in both moods (WCAG 2.2, AA)."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "web" / "static" / "css" / "tokens.css"
COLOUR = re.compile(r"--([\w-]+): (?:var\(--light, (#\w{6})\) var\(--dark, (#\w{6})\)|(#\w{6}));")
SURFACES = ("bg", "bg-raised", "bg-sunken", "bg-hover")
INKS = ("text", "text-muted", "brass", "live", "good", "warn", "bad")
FILLS = [
    ("on-action", "action"),
    ("on-brass", "brass-fill"),
    ("on-brass", "silver-fill"),
    ("on-brass", "bronze-fill"),
    ("on-live", "live-fill"),
    ("text-muted", "bg-sunken"),  # what does nothing now, at rest and under the pointer
    *((ink, f"{signal}-soft") for signal in ("good", "warn", "bad") for ink in ("text", signal)),
]
SHAPES = [
    (shape, surface)
    for shape in ("line-strong", "focus", "good-fill", "warn-fill", "bad-fill")
    for surface in ("bg", "bg-raised")
]


def read_tokens(mood: str) -> dict[str, str]:
    found = COLOUR.findall(TOKENS.read_text(encoding="utf-8"))
    return {name: both or (light if mood == "paper" else dark) for name, light, dark, both in found}


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mood", ["paper", "stage"])
def test_words_can_be_read_on_every_surface(mood: str) -> None:
    """4.5 to 1, in a bright hall as in a dark one."""
    tokens = read_tokens(mood)
    pairs = [(ink, surface) for ink in INKS for surface in SURFACES] + FILLS
    assert [pair for pair in pairs if contrast(tokens[pair[0]], tokens[pair[1]]) < 4.5] == []


@pytest.mark.parametrize("mood", ["paper", "stage"])
def test_edges_of_controls_and_signals_can_be_seen(mood: str) -> None:
    """3 to 1 for what is not text: a focus ring nobody sees is none."""
    tokens = read_tokens(mood)
    assert [pair for pair in SHAPES if contrast(tokens[pair[0]], tokens[pair[1]]) < 3] == []
