"""Resend's refusals. Source: https://resend.com/docs/api-reference/errors"""


class ApiError(Exception):
    """One refusal in Resend's words: HTTP status, name, message and extra headers."""

    def __init__(
        self, status: int, name: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.message = message
        self.headers = headers or {}

    def body(self) -> dict[str, object]:
        """Return the JSON the API answers."""
        return {"statusCode": self.status, "name": self.name, "message": self.message}


def invalid(message: str) -> ApiError:
    """Return the refusal of a field that is there and wrong."""
    return ApiError(422, "validation_error", message)


def missing(field: str) -> ApiError:
    """Return the refusal of a mail without a field it needs."""
    return ApiError(422, "missing_required_field", f"Missing `{field}` field.")
