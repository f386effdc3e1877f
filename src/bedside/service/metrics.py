"""Numbers for Prometheus: runs by state and graph, nothing of what they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bedside.persistence import RunState
from bedside.service.cases import Cases

__all__ = ["exposition"]

OUTCOMES = ("accepted", "overridden")


def exposition(cases: Cases, outcomes: Mapping[str, int]) -> str:
    """Return the metrics in Prometheus' text format.

    Args:
        cases: The cases of this process.
        outcomes: What clinicians did with cards since this process began.
    """
    runs = cases.store.runs.all()
    by_state = Counter(run.state for run in runs)
    lines = [
        "# HELP bedside_runs Runs in the store by state.",
        "# TYPE bedside_runs gauge",
        *(f'bedside_runs{{state="{state}"}} {by_state[state]}' for state in RunState),
        "# HELP bedside_runs_busy Runs under way in this process.",
        "# TYPE bedside_runs_busy gauge",
        f"bedside_runs_busy {cases.workers.busy}",
        "# HELP bedside_runs_waiting_limit Runs that may wait before a further one is refused.",
        "# TYPE bedside_runs_waiting_limit gauge",
        f"bedside_runs_waiting_limit {cases.most_waiting}",
        "# HELP bedside_urgencies Finished runs by urgency.",
        "# TYPE bedside_urgencies gauge",
    ]
    urgencies = Counter(str(run.urgency or "none") for run in runs if run.state is RunState.DONE)
    lines += [f'bedside_urgencies{{urgency="{name}"}} {urgencies[name]}' for name in (*"12345", "none")]
    lines += [
        "# HELP bedside_cds_feedback_total Cards by what clinicians did with them.",
        "# TYPE bedside_cds_feedback_total counter",
        *(f'bedside_cds_feedback_total{{outcome="{one}"}} {outcomes.get(one, 0)}' for one in OUTCOMES),
    ]
    return "\n".join(lines) + "\n"
