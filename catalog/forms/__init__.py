"""Shapes of what workshops, operators and shoppers send."""
