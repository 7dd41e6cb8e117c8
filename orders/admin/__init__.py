"""Doors for makers (the workshop) and operators (the desk) into orders."""

from orders.admin import desk, workshop

__all__ = ["desk", "workshop"]
