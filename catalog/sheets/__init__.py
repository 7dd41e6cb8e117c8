"""A workshop's pieces as a sheet: one row a version, in columns that stay the same."""
