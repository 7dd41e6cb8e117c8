"""Who can sign in to the demo shop; the passwords are no secret."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Login:
    """A person of the demo shop; `workshop` is the slug of the one they run, `place` a path."""

    email: str
    name: str
    password: str
    role: str
    place: str = "/accounts/login/"
    workshop: str = ""
    is_operator: bool = False


LOGINS = (
    Login("ada@example.com", "Ada Martins", "demo-shop-ada-2026", "shopper"),
    Login("eve@example.com", "Eve Lopes", "demo-shop-eve-2026", "shopper"),
    Login(
        "mo@example.com", "Mo Fonte", "demo-shop-mo-2026", "maker",
        place="/workshop/", workshop="olaria-fonte-caiada",
    ),
    Login(
        "rui@example.com", "Rui Rosmano", "demo-shop-rui-2026", "maker",
        place="/workshop/", workshop="saboaria-rosmano-bravo",
    ),
    Login(
        "olga@example.com", "Olga Serrano", "demo-shop-olga-2026", "operator",
        place="/admin/", is_operator=True,
    ),
)  # fmt: skip
