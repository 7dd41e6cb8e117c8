"""Who can sign in to the demo shop; the passwords are no secret."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Login:
    """A person of the demo shop; `workshop` is the slug of the one they run, `place` a path.

    `totp` is the secret of their authenticator app, in base32: whoever works here has one.
    """

    email: str
    name: str
    password: str
    role: str
    place: str = "/accounts/login/"
    workshop: str = ""
    is_operator: bool = False
    totp: str = ""


LOGINS = (
    Login("ada@example.com", "Ada Martins", "demo-shop-ada-2026", "shopper"),
    Login("eve@example.com", "Eve Lopes", "demo-shop-eve-2026", "shopper"),
    Login(
        "mo@example.com", "Mo Fonte", "demo-shop-mo-2026", "maker",
        place="/workshop/", workshop="olaria-fonte-caiada",
        totp="OWPGGA4XCDSQ7UJ2BGKDSLPWWRWQO6M3",
    ),
    Login(
        "rui@example.com", "Rui Rosmano", "demo-shop-rui-2026", "maker",
        place="/workshop/", workshop="saboaria-rosmano-bravo",
        totp="NYXN5VOPSC7U6BGMAD47V7V2JFPHN6X7",
    ),
    Login(
        "olga@example.com", "Olga Serrano", "demo-shop-olga-2026", "operator",
        place="/admin/", is_operator=True,
        totp="JR6IT5XIYW3OD3E5BBYJ7CTO2PQUMCVA",
    ),
)  # fmt: skip
