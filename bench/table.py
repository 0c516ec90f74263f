"""Rows, their bars, and the table that people read."""

from dataclasses import dataclass, field
from statistics import median

TITLES = ("row", "ours", "beside", "ratio", "queries", "peak", "bar", "met")


@dataclass
class Bar:
    """What a row has to reach.

    :ivar str of: ``ratio`` (time of ours by that of the other), ``gain`` (the other
        way round), ``ms``, ``queries`` (per record), ``memory`` (peak of ours by that
        of the other) or ``kB``
    :ivar float limit: at most this; at least this for ``gain``
    """

    of: str
    limit: float

    def is_met(self, row):
        """Whether the row reaches it."""
        value = row.value(self.of)
        return value >= self.limit if self.of == "gain" else value <= self.limit

    def __str__(self):
        sign = "≥" if self.of == "gain" else "≤"
        unit = {
            "ratio": "×",
            "gain": "×",
            "queries": "queries",
            "memory": "× memory",
        }.get(self.of, self.of)
        return f"{sign} {self.limit:g} {unit}"


@dataclass
class Row:
    """One line of the table.

    :ivar str name: what was done
    :ivar list ours: samples of ours
    :ivar str beside: what the other samples are of
    :ivar list other: samples of that
    :ivar list bars: see ``Bar``
    :ivar kilobytes: the figure of a row that measures a size
    :ivar str note: what the reader has to know to judge the row
    """

    name: str
    ours: list = field(default_factory=list)
    beside: str = ""
    other: list = field(default_factory=list)
    bars: list = field(default_factory=list)
    kilobytes: float | None = None
    note: str = ""

    def value(self, of):
        """:return: the figure that a bar is about"""
        if of == "kB":
            return self.kilobytes
        if of == "ms":
            return median(sample.seconds for sample in self.ours) * 1000
        if of == "queries":
            return median(sample.queries / sample.records for sample in self.ours)
        if of == "memory":
            return median(s.peak for s in self.ours) / median(
                s.peak for s in self.other
            )
        return median(self.ratios() if of == "ratio" else self.gains())

    def ratios(self):
        """:return: of each round, our time per record by the other's"""
        return [
            (ours.seconds / ours.records) / (other.seconds / other.records)
            for ours, other in zip(self.ours, self.other, strict=True)
        ]

    def gains(self):
        """:return: of each round, how many times as fast we were"""
        return [1 / ratio for ratio in self.ratios()]

    def is_met(self):
        """Whether all bars are reached."""
        return all(bar.is_met(self) for bar in self.bars)

    def as_dict(self):
        """All there is, for programs."""
        return {
            "name": self.name,
            "beside": self.beside,
            "ours": [sample.as_dict() for sample in self.ours],
            "other": [sample.as_dict() for sample in self.other],
            "kilobytes": self.kilobytes,
            "bars": [
                {
                    "of": bar.of,
                    "limit": bar.limit,
                    "value": self.value(bar.of),
                    "met": bar.is_met(self),
                }
                for bar in self.bars
            ],
            "note": self.note,
        }

    def cells(self):
        """The row as text, one string a column."""
        return (
            self.name,
            f"{self.kilobytes:.0f} kB" if self.kilobytes else _times(self.ours),
            f"{self.beside} {_times(self.other)}" if self.other else "",
            _spread(self.ratios(), "{:.2f}") if self.other else "",
            _queries(self.ours, self.other),
            _peaks(self.ours, self.other),
            ", ".join(map(str, self.bars)),
            ("yes" if self.is_met() else "NO") if self.bars else "",
        )


def _spread(values, pattern):
    """Median and extremes, such as ``12 (11–15)``."""
    figures = [pattern.format(value) for value in (min(values), max(values))]
    return f"{pattern.format(median(values))} ({'–'.join(figures)})"


def _times(samples):
    if not samples:
        return ""
    seconds = [sample.seconds for sample in samples]
    if median(seconds) < 1:
        return _spread([second * 1000 for second in seconds], "{:.0f}") + " ms"
    return _spread(seconds, "{:.2f}") + " s"


def _queries(ours, other):
    """Queries per record, ours and the other's."""
    parts = [
        f"{median(s.queries / s.records for s in samples):.1f}"
        for samples in (ours, other)
        if samples and samples[0].queries is not None
    ]
    return " / ".join(parts)


def _peaks(ours, other):
    parts = [
        f"{max(sample.peak for sample in samples):.0f}"
        for samples in (ours, other)
        if samples and samples[0].peak is not None
    ]
    return f"{' / '.join(parts)} MB" if parts else ""


def as_text(rows):
    """:return: the table, with a line of notes below each row that has one"""
    lines = [TITLES, *[row.cells() for row in rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = []
    for number, cells in enumerate(lines):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        text.append("  ".join(padded).rstrip())
        if not number:
            text.append("  ".join("-" * width for width in widths))
        elif rows[number - 1].note:
            text.append(f"    {rows[number - 1].note}")
    return "\n".join(text)
