"""Doors of the back rooms: operators look people up, makers keep their shop page and team."""

from accounts.admin import application, people, shop_page, team

__all__ = ["application", "people", "shop_page", "team"]
