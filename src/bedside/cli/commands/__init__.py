"""The commands by what they work on. Everything heavy is imported inside them: `--help` answers at once."""
