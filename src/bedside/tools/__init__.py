"""The tools that agents use for their steps: one folder for each tool."""
