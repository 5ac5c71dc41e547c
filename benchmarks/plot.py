"""The ratios as bars, each beside its goal: an SVG, drawn by hand, since a library for it would be larger than Gatepost."""

from html import escape
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.results import Results

_PLOT = Path(__file__).with_name("plot.svg")
_ROW, _LABELS, _BARS, _MARGIN = 34, 420, 420, 16  # pixels
_HOLDS, _MISSED, _NO_GOAL = "#2f7d4f", "#b3382c", "#71717a"


def write(results: Results) -> None:
    """Draw the figures that have a peer."""
    _PLOT.write_text(drawn(results), "utf-8")


def drawn(results: Results) -> str:
    """Return the drawing: the peer is the line at 1, a goal the mark on a bar's row; what is longer ends at the edge."""
    figures = [figure for figure in results.figures if figure.ratio is not None]
    height = (len(figures) + 1) * _ROW + 2 * _MARGIN
    one = _LABELS + _at(1.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LABELS + _BARS + 80}" height="{height}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<line x1="{one}" y1="{_MARGIN}" x2="{one}" y2="{height - _ROW - _MARGIN}" stroke="#18181b"/>',
        *(part for row, figure in enumerate(figures) for part in _row(figure, _MARGIN + row * _ROW)),
        f'<text x="{one}" y="{height - _ROW}" font-size="12" text-anchor="middle">1 = the peer</text>',
        f'<text x="{_MARGIN}" y="{height - _MARGIN}" font-size="11" fill="{_NO_GOAL}">{escape(results.measured_on)}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _row(figure: Figure, top: int) -> list[str]:
    ratio = figure.ratio or 0.0
    colour = {True: _HOLDS, False: _MISSED, None: _NO_GOAL}[figure.holds]
    width = max(1, _at(ratio))
    row = [
        f'<text x="{_MARGIN}" y="{top + 13}" font-size="13">{escape(figure.what)}</text>',
        f'<text x="{_MARGIN}" y="{top + 26}" font-size="10" fill="{_NO_GOAL}">beside {escape(figure.peer)}</text>',
        f'<rect x="{_LABELS}" y="{top + 4}" width="{width}" height="18" fill="{colour}"/>',
        f'<text x="{_LABELS + width + 6}" y="{top + 18}" font-size="12">{ratio:.2f}</text>',
    ]
    if figure.at_most is not None:
        goal = _LABELS + _at(figure.at_most)
        row.append(f'<line x1="{goal}" y1="{top}" x2="{goal}" y2="{top + 26}" stroke="#18181b" stroke-dasharray="3 2"/>')
    return row


def _at(ratio: float) -> int:
    """Return how many pixels a ratio has; 1.3 is the edge."""
    return round(min(ratio, 1.3) / 1.3 * _BARS)
