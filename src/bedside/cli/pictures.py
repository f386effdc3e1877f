"""A model's statements on pictures, for a reader: nobody has checked them."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bedside.boundary import visible
from bedside.records import Comparison, ImageFinding, ImageReport, PageRegion

__all__ = ["show_pictures"]


ALONE = {
    True: "named again without them",
    False: "not named without them",
    None: "not looked at without them",
}
"""The outcome of a second look at the pictures alone."""


def show_pictures(console: Console, report: ImageReport) -> None:
    """Print findings, impression and comparisons, each with its place in the original."""
    if not report.images:
        return
    shown = f"{len(report.images)} image{'s' if len(report.images) > 1 else ''}"
    head = f"What a model says it sees in {shown}, checked by nobody"
    console.print(Text(head, "bold"))
    if report.history:
        console.print(Padding(_history(report), (0, 0, 0, 2)))
    if report.impression:
        console.print(Padding(Text(visible(report.impression)), (0, 0, 0, 2)))
    for finding in report.findings:
        console.print(Padding(_finding(finding), (0, 0, 0, 2)))
    for one in report.comparisons:
        console.print(Padding(_comparison(one), (0, 0, 0, 2)))
    if not report.findings and not report.comparisons:
        nothing = "It names no finding that has its place in the pictures. That does not mean that there is none."
        console.print(Padding(Text(nothing), (0, 0, 0, 2)))


def _finding(one: ImageFinding) -> Text:
    where = " ".join(part for part in (one.laterality, one.location) if part)
    text = Text(f"• {one.id}  {visible(one.finding)}{f', {visible(where)}' if where else ''} ({one.certainty})")
    text.append(f"  [{_place(one.evidence)}]", "dim")
    if one.repeats:
        text.append(f"  the notes name it ({', '.join(one.repeats)}); {ALONE[one.seen_alone]}", "dim")
    if one.denied:
        text.append(f"  the notes deny it ({', '.join(one.denied)})", "bold")
    return text


def _history(report: ImageReport) -> Text:
    """Return the statements of the notes that the model was shown, in one paragraph."""
    lines = "; ".join(f"{line.id} {visible(line.text)}" for line in report.history)
    return Text("Shown with it from the notes: ", "dim").append(lines, "dim")


def _place(place: PageRegion) -> str:
    page = f"{visible(place.document)}, page {place.page}" if place.page > 1 else visible(place.document)
    if place.box is None:
        return page
    left, top, right, bottom = place.box
    return f"{page}, {left}–{right} × {top}–{bottom}"


def _comparison(one: Comparison) -> Text:
    told = one.change or "not told, its answers have no majority"
    spread = ", ".join(f"{name} {share:.0%}" for name, share in one.shares)
    text = Text(f"• {visible(one.about)}: {told}")
    return text.append(f"  ({spread}; asked {one.asked} times)" if spread else "", "dim")
