"""Doors for operators into accounts."""

from django.contrib import admin

from accounts.models import Maker, User
from makers_market.core.admin import ReadOnlyAdmin, operators_site


@admin.register(User, site=operators_site)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "is_staff", "joined_at")
    search_fields = ("email", "name")
    fields = ("email", "name", "language", "is_staff", "is_active", "joined_at")


@admin.register(Maker, site=operators_site)
class MakerAdmin(ReadOnlyAdmin):
    list_display = ("name", "place", "craft", "is_open")
    list_filter = ("craft", "is_open")
    search_fields = ("name", "place")
