"""Costs against the federation's size on logarithmic axes, as an SVG made without a library; measures nothing."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN, GAP = 300, 240, 48, 36
COLOURS = {"virtual": "#1f5fa8", "real": "#b8511c"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points of one kind of network in one panel, and the power of the size that fits them."""

    name: str
    points: Sequence[tuple[float, float]]
    factor: float
    exponent: float

    def at(self, nodes: float) -> float:
        """What the fit says for a federation of ``nodes``."""
        return float(self.factor * nodes**self.exponent)


def fit(name: str, points: Sequence[tuple[float, float]]) -> Line:
    """The line through ``points`` in logarithms (least squares)."""
    logs = [(math.log(nodes), math.log(max(1e-9, value))) for nodes, value in points]
    x, y = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    exponent = sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)
    return Line(name=name, points=points, factor=math.exp(y - exponent * x), exponent=exponent)


def draw(panels: Sequence[tuple[str, Sequence[Line]]], command: str) -> str:
    """One panel beside the other, each with its title and lines."""
    width = len(panels) * (WIDTH + GAP) + GAP
    body = [line for number, panel in enumerate(panels) for line in _panel(GAP + number * (WIDTH + GAP), *panel)]
    box = f'viewBox="0 0 {width} {HEIGHT + 64}"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="11">',
        f"<title>Cost of one node against the federation's size; drawn by {command}</title>",
        f'<rect width="{width}" height="{HEIGHT + 64}" fill="#ffffff"/>',
        *body,
        "</svg>",
        "",
    ])  # fmt: skip


def _panel(left: float, title: str, lines: Sequence[Line]) -> Iterator[str]:
    xs = [math.log10(x) for line in lines for x, _ in line.points]
    ys = [math.log10(y) for line in lines for _, y in line.points]
    low, high = math.floor(min(ys)), max(math.floor(min(ys)) + 1, math.ceil(max(ys)))

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - min(xs)) / (max(xs) - min(xs))
        up = (math.log10(y) - low) / (high - low)
        return left + MARGIN + across * (WIDTH - MARGIN), 24 + (1 - up) * (HEIGHT - MARGIN)

    yield f'<text x="{left + MARGIN}" y="14" font-weight="bold">{title}</text>'
    for power in range(low, high + 1):
        _, y = place(10 ** min(xs), 10**power)
        yield f'<line x1="{left + MARGIN}" y1="{y:.1f}" x2="{left + WIDTH}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{left + MARGIN - 4}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
    for nodes in sorted({x for line in lines for x, _ in line.points}):
        x, y = place(nodes, 10**low)
        yield f'<text x="{x:.1f}" y="{y + 14:.1f}" text-anchor="middle">{nodes:g}</text>'
    for number, line in enumerate(lines):
        colour = COLOURS[line.name]
        for point in line.points:
            x, y = place(*point)
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
        ends = (place(nodes, line.at(nodes)) for nodes in (line.points[0][0], line.points[-1][0]))
        (x1, y1), (x2, y2) = ends
        yield f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'
        text = f"{line.name}: nodes to the power of {line.exponent:.2f}"
        yield f'<text x="{left + MARGIN}" y="{HEIGHT + 24 + 14 * number}" fill="{colour}">{text}</text>'
