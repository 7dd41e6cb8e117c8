"""The public API of the catalogue: doors, shapes and answers."""
