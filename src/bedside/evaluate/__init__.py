"""One runner for every evaluation: it reports figures with intervals, and the worst misses."""

from bedside.evaluate.runner import Metric, Miss, Ratio, Report, Scored, Task, evaluate, installed_tasks, task_named

__all__ = ["Metric", "Miss", "Ratio", "Report", "Scored", "Task", "evaluate", "installed_tasks", "task_named"]
