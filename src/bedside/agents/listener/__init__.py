"""The listener: a dialogue read as it comes in, an urgency that only rises, and what is new."""
