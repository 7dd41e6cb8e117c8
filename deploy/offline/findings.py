"""What a value check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """An error: one line, its reason, and the argument Terraform shows it at."""

    summary: str
    detail: str
    argument: str
