"""Shelves and searches: what is asked for, found, counted and suggested."""
