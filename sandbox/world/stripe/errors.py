"""Refusals in the shape of Stripe's error bodies (docs.stripe.com/api/errors)."""

from typing import Any


class ApiError(Exception):
    """A refusal the API answers with.

    `kept` says that the endpoint had begun its work, so the refusal is remembered under the
    request's idempotency key; Stripe does not remember what failed validation.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type_: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type_
        self.code = code
        self.param = param
        self.kept = kept

    def body(self) -> dict[str, Any]:
        """Give the JSON body: `{"error": {...}}` without empty keys."""
        error = {
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "type": self.type,
        }
        return {"error": {key: value for key, value in error.items() if value is not None}}


def bad_value(param: str, message: str, code: str | None = None) -> ApiError:
    """Give the refusal of one parameter's value."""
    return ApiError(message, param=param, code=code)


def bad_state(message: str, code: str | None = None) -> ApiError:
    """Give the refusal of a well-formed request that the object's state forbids."""
    return ApiError(message, code=code, kept=True)


def no_such(noun: str, object_id: str, *, param: str = "id", status: int = 404) -> ApiError:
    """Give the refusal for an unknown id; in a path it is 404, in a parameter 400."""
    message = f"No such {noun}: '{object_id}'"
    return ApiError(message, status=status, code="resource_missing", param=param)
