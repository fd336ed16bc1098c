"""The curves of a training as inline SVG: nothing is loaded, and a point says its value to whoever hovers over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finetune.curves import EpochPoint
from ui.markup import text

WIDTH, HEIGHT, EDGE = 420, 180, 34


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its name, its style's number, and a value for each epoch; None where there is none."""

    name: str
    style: int
    values: tuple[float | None, ...]


def curves(points: Sequence[EpochPoint]) -> str:
    """Loss with validation loss, and the accuracies, as two charts with their numbers in a table below."""
    if not points:
        return '<p class="nothing">Training has come to no epoch yet.</p>'
    epochs = [point.epoch for point in points]
    loss = Line("loss", 1, tuple(point.loss for point in points))
    checked = Line("validation loss", 2, tuple(point.validation_loss for point in points))
    right = Line("answers exactly right", 1, tuple(point.answer_accuracy for point in points))
    cited = Line("citations exactly right", 2, tuple(point.citation_accuracy for point in points))
    charts = chart("Loss for a token of the answer", epochs, (loss, checked))
    charts += chart("Share of the validation answers", epochs, (right, cited), top=1.0)
    return f'<div class="charts">{charts}</div>{_numbers(points)}'


def chart(title: str, epochs: Sequence[int], lines: Sequence[Line], top: float | None = None) -> str:
    """One chart over epochs, from 0 up to `top` or the largest value; "" where no line has a value."""
    shown = [line for line in lines if any(value is not None for value in line.values)]
    if not shown:
        return ""
    highest = top or max(value for line in shown for value in line.values if value is not None) or 1.0
    drawn = "".join(_drawn(line, epochs, highest) for line in shown)
    legend = "".join(f'<span class="key line-{line.style}">{text(line.name)}</span>' for line in shown)
    axis = (
        f'<line class="axis" x1="{EDGE}" y1="{HEIGHT - EDGE}" x2="{WIDTH - 8}" y2="{HEIGHT - EDGE}"/>'
        f'<line class="axis" x1="{EDGE}" y1="8" x2="{EDGE}" y2="{HEIGHT - EDGE}"/>'
        f'<text x="{EDGE - 4}" y="16" text-anchor="end">{highest:.3g}</text>'
        f'<text x="{EDGE - 4}" y="{HEIGHT - EDGE}" text-anchor="end">0</text>'
        f'<text x="{EDGE}" y="{HEIGHT - 14}">epoch {epochs[0]}</text>'
        f'<text x="{WIDTH - 8}" y="{HEIGHT - 14}" text-anchor="end">{epochs[-1]}</text>'
    )
    return (
        f'<figure class="chart"><figcaption>{text(title)} <span class="keys">{legend}</span></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(title)}">{axis}{drawn}</svg></figure>'
    )


def _drawn(line: Line, epochs: Sequence[int], highest: float) -> str:
    pairs = [(epoch, value) for epoch, value in zip(epochs, line.values, strict=True) if value is not None]
    places = [(_across(epoch, epochs), _up(value, highest), epoch, value) for epoch, value in pairs]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"><title>epoch {epoch}: {value:.4g}</title></circle>'
        for x, y, epoch, value in places
    )
    return f'<g class="line-{line.style}"><polyline points="{path}"/>{dots}</g>'


def _across(epoch: int, epochs: Sequence[int]) -> float:
    span = epochs[-1] - epochs[0]
    return EDGE + (WIDTH - 8 - EDGE) * ((epoch - epochs[0]) / span if span else 0.5)


def _up(value: float, highest: float) -> float:
    return HEIGHT - EDGE - (HEIGHT - EDGE - 8) * min(max(value / highest, 0.0), 1.0)


def _numbers(points: Sequence[EpochPoint]) -> str:
    heads = ("epoch", "loss", "validation loss", "answers right", "tokens/s", "memory MB", "seconds", "cost")
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(point)) + "</tr>" for point in points)
    return (
        '<table class="grid"><thead><tr>' + "".join(f"<th>{head}</th>" for head in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table>"
    )  # fmt: skip


def _cells(point: EpochPoint) -> tuple[str, ...]:
    checked = "–" if point.validation_loss is None else f"{point.validation_loss:.4f}"
    right = "–" if point.answer_accuracy is None else f"{point.answer_accuracy:.1%}"
    speed = (f"{point.tokens_per_second:,.0f}", f"{point.peak_mb:,.0f}", f"{point.seconds:,.0f}", f"{point.cost:,.2f}")
    return (str(point.epoch), f"{point.loss:.4f}", checked, right, *speed)
