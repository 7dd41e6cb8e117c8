"""The people the pool vouches for, each another case for the shop."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Person:
    """One identity: its id, what its button says, and what the pool says of it."""

    sub: str
    title: str
    about: str
    claims: dict[str, Any] = field(default_factory=dict)
    # "Google" for somebody the pool itself asks Google for.
    through: str = ""


PEOPLE = (
    Person(
        "google_100000000000000000001",
        "Ada Martins, by Google",
        "Her address has an account in the shop: it asks her to prove both.",
        {"email": "ada@example.com", "email_verified": True, "name": "Ada Martins"},
        through="Google",
    ),
    Person(
        "google_100000000000000000002",
        "Nadia Nunes, by Google",
        "New here: an account of hers is made at once.",
        {"email": "nadia.nunes@example.com", "email_verified": True, "name": "Nadia Nunes"},
        through="Google",
    ),
    Person(
        "6a1f0c1e-0000-4000-8000-000000000001",
        "Mo Fonte, of the pool",
        "His address has an account and a workshop in the shop.",
        {"email": "mo@example.com", "email_verified": True, "name": "Mo Fonte"},
    ),
    Person(
        "6a1f0c1e-0000-4000-8000-000000000002",
        "Sofia Santos, of the pool’s group operators-support",
        "The group makes her an operator; the desk still asks for a second factor.",
        {
            "email": "sofia.santos@example.com",
            "email_verified": True,
            "name": "Sofia Santos",
            "cognito:groups": ["operators-support"],
        },
    ),
    Person(
        "6a1f0c1e-0000-4000-8000-000000000003",
        "Una Unger, whose address nobody checked",
        "The pool says so, and the shop asks for an address it can check.",
        {"email": "una.unger@example.com", "email_verified": False, "name": "Una Unger"},
    ),
)
