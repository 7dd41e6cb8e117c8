"""Which other houses vouch for people here: Google, and a pool of Amazon Cognito."""

from dataclasses import dataclass
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.oidc import Issuer

COGNITO, GOOGLE = "cognito", "google"
GOOGLE_ISSUER = "https://accounts.google.com"


@dataclass(frozen=True, kw_only=True)
class House:
    """Somebody who vouches for people: its id in addresses, its name on buttons, its issuer."""

    id: str
    name: str
    issuer: Issuer

    @property
    def callback(self) -> str:
        """Give the absolute address where people come back, as the house has it on its list."""
        return settings.SITE_URL + reverse("house_callback", kwargs={"house": self.id})


@dataclass(frozen=True, kw_only=True)
class Way:
    """One button: the name on it, the house it leads to, and whom that one asks in its turn."""

    name: str
    house: str
    through: str = ""


def houses() -> dict[str, House]:
    """Give the houses this shop is known to, by id; none when no client id is set."""
    found = {}
    if settings.COGNITO_CLIENT_ID:
        issuer = Issuer(
            url=settings.COGNITO_ISSUER,
            client_id=settings.COGNITO_CLIENT_ID,
            client_secret=settings.COGNITO_CLIENT_SECRET,
        )
        found[COGNITO] = House(id=COGNITO, name=settings.COGNITO_NAME, issuer=issuer)
    if settings.GOOGLE_CLIENT_ID:
        issuer = Issuer(
            url=GOOGLE_ISSUER,
            client_id=settings.GOOGLE_CLIENT_ID,
            client_secret=settings.GOOGLE_CLIENT_SECRET,
        )
        found[GOOGLE] = House(id=GOOGLE, name="Google", issuer=issuer)
    return found


def ways() -> list[Way]:
    """Give the buttons, Google's first; a pool that knows Google is asked for it directly."""
    known = houses()
    found = []
    if GOOGLE in known:
        found.append(Way(name="Google", house=GOOGLE))
    elif COGNITO in known and settings.COGNITO_GOOGLE:
        found.append(Way(name="Google", house=COGNITO, through="Google"))
    if COGNITO in known:
        found.append(Way(name=known[COGNITO].name, house=COGNITO))
    return found


def after_sign_out(request: HttpRequest) -> str:
    """Give where somebody goes who signs out: home, through the pool if that let them in.

    Else the next press of its button would let anybody at this browser in again. Source:
    https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
    """
    home = reverse("home")
    used = {record.get("provider") for record in get_authentication_records(request, request.user)}
    if COGNITO not in used or COGNITO not in houses():
        return home
    asked = {"client_id": settings.COGNITO_CLIENT_ID, "logout_uri": settings.SITE_URL + home}
    return f"{settings.COGNITO_DOMAIN.rstrip('/')}/logout?{urlencode(asked)}"


def name_of(house: str) -> str:
    """Name a house, also one that is no longer asked."""
    known = houses()
    return known[house].name if house in known else house.title()
