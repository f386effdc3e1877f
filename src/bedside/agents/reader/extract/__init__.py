"""Mentions: the things that a note names, and their places, without their assertion (that is `modify`)."""
