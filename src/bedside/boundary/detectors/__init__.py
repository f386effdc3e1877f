"""The built-in detector: Presidio's engine with clinical recognizers, one idea a file."""

from bedside.boundary.detectors.presidio import PresidioDetector

__all__ = ["PresidioDetector"]
