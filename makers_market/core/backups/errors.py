"""What goes wrong with backups, in words for an operator."""


class BackupFailed(Exception):
    """No backup was made, or none was restored; the message says why and what to do."""
