"""An authenticator app for tests: the code a person would read from their phone, each once."""

import time

from sandbox.world.codes import STEP_SECONDS, code_at

_shown: dict[str, float] = {}


def fresh_code(secret: str) -> str:
    """Give a code that the shop has not taken yet; waits for one when all of now are used.

    The shop takes the codes of the step before, of this one and of the next, each once.
    """
    now = time.time()
    step = max(now - STEP_SECONDS, _shown.get(secret, 0) + STEP_SECONDS)
    # Where the clock moves on between here and the shop, the step before is over.
    step = max(step, now - now % STEP_SECONDS)
    if step // STEP_SECONDS > now // STEP_SECONDS + 1:
        time.sleep(step - now - STEP_SECONDS)
    _shown[secret] = step
    return code_at(secret, step)
