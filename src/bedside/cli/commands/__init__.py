"""The commands, grouped by subject. Everything heavy is imported inside them: `--help` answers at once."""
