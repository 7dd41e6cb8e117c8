"""One module per resource of the API; each lists its endpoints in `routes`."""

from ..routes import Endpoint
from . import balance, charges, events, payment_intents, refunds, sessions

_MODULES = (sessions, payment_intents, charges, refunds, balance, events)
ENDPOINTS: list[Endpoint] = [each for module in _MODULES for each in module.routes.endpoints]
