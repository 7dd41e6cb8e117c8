from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "makers_market.desk"
    label = "desk"
