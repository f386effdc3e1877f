"""What a note names, and where: mentions, without saying what the note says of them (that is `modify`)."""
