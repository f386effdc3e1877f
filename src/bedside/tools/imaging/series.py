"""The choice and order of the frames of a series."""

from __future__ import annotations

from collections.abc import Sequence

from bedside.tools.imaging.documents import unusable
from bedside.tools.imaging.header import Frame
from bedside.tools.imaging.remarks import Note

__all__ = ["MAX_SLICES", "chosen", "evenly", "is_axial", "normal", "sorted_slices"]

MAX_SLICES = 85
"""The most slices of one series that MedGemma is shown (Google's notebook on CT); each costs 256 tokens."""

SAME_PLACE = 0.01
"""The distance in mm along the normal up to which two slices have the same position."""

SAME_PLANE = 0.999
"""The cosine of the angle up to which two slices are parallel: 2.6 degrees."""

Vector = tuple[float, ...]


def sorted_slices(frames: Sequence[Frame]) -> tuple[list[Frame], set[Note]]:
    """Return the slices of one volume in spatial order, and what was noticed.

    Slices in another plane than most are dropped, then all but the first of those at one position (a second phase
    or echo). The order is along the normal of the slices, which points to the head, the back or the left where it
    is nearest to these: axial slices go from the feet to the head. Without geometry it is that of the instance
    numbers.

    Raises:
        InputError: Slices of one series differ in their numbers of rows or columns.
    """
    notes: set[Note] = set()
    slices = _once(frames, notes)
    numbered = all(frame.number for frame in slices)
    if numbered:  # before the sort by position, which is stable: at one position the lowest number comes first
        slices.sort(key=lambda frame: frame.number or ())
    placed = _one_plane(slices, notes)
    if placed is None:
        placed = slices
        if len(slices) > 1:
            notes.add(Note.NO_GEOMETRY if numbered else Note.NO_ORDER)
    first = placed[0]
    for frame in placed:
        if (frame.rows, frame.columns) != (first.rows, first.columns):
            why = (
                f"is {frame.columns} × {frame.rows} pixels and others of its series {first.columns} × {first.rows}"
            )
            raise unusable(frame.document, f"{why}; hand in one series whose slices are of one size")
    return placed, notes


def chosen(frames: Sequence[Frame], notes: set[Note]) -> list[Frame]:
    """Return at most `MAX_SLICES` of the frames, evenly spaced, always with the first and the last."""
    if len(frames) > MAX_SLICES:
        notes.add(Note.SLICES_LEFT_OUT)
    return [frames[index] for index in evenly(len(frames), MAX_SLICES)]


def evenly(count: int, most: int) -> list[int]:
    """Return at most `most` (2 or more) indices below `count`, evenly spaced, with the first and the last."""
    if count <= most:
        return list(range(count))
    steps = most - 1
    return [(2 * step * (count - 1) + steps) // (2 * steps) for step in range(most)]  # rounded to the nearest


def normal(orientation: Vector) -> Vector:
    """Return the unit vector normal to slices of this orientation, its largest component positive."""
    (a, b, c), (d, e, f) = orientation[:3], orientation[3:]
    across = (b * f - c * e, c * d - a * f, a * e - b * d)
    greatest = max(across, key=abs)
    return tuple(part if greatest > 0 else -part for part in across)


def is_axial(frame: Frame) -> bool:
    """True if the slice is nearer to axial than to any other plane; a gantry may be tilted."""
    return frame.orientation is None or max(map(abs, normal(frame.orientation))) == abs(
        normal(frame.orientation)[2]
    )


def _once(frames: Sequence[Frame], notes: set[Note]) -> list[Frame]:
    kept: dict[tuple[str, int], Frame] = {}
    for frame in frames:
        if kept.setdefault((frame.instance, frame.index), frame) is not frame:
            notes.add(Note.SAME_TWICE)
    return list(kept.values())


def _one_plane(slices: list[Frame], notes: set[Note]) -> list[Frame] | None:
    """Return the slices of the commonest plane by position, or `None` where there is no geometry to use."""
    planes: list[tuple[Vector, list[tuple[float, Frame]]]] = []
    for frame in slices:
        if frame.orientation is None or frame.position is None:
            return None
        turned = normal(frame.orientation)
        across, stack = next((plane for plane in planes if _dot(plane[0], turned) > SAME_PLANE), (turned, []))
        if not stack:
            planes.append((across, stack))
        stack.append((_dot(across, frame.position), frame))
    _, stack = max(planes, key=lambda plane: len(plane[1]))
    if len(planes) > 1:
        if 2 * len(stack) <= len(slices):  # a star of planes, for one: no stack of slices
            return None
        notes.add(Note.OTHER_PLANE_DROPPED)
    stack.sort(key=lambda at: at[0])
    kept = stack[:1]
    for at in stack[1:]:
        if at[0] - kept[-1][0] > SAME_PLACE:
            kept.append(at)
        else:
            notes.add(Note.SAME_POSITION)
    return [frame for _, frame in kept]


def _dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
