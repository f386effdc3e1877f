"""The workflows that a user runs, one file each. `bedside run NAME` finds them by entry point."""
