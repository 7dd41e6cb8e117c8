"""How workers connect: with parameters that are asked for anew for each connection.

procrastinate would ask once at its start, and keep a token of RDS that is over after 15 minutes.
"""

from procrastinate import App, PsycopgConnector
from procrastinate.connector import BaseAsyncConnector
from procrastinate.contrib.django import connector_params
from procrastinate.contrib.django.django_connector import DjangoConnector


class FreshConnector(DjangoConnector):
    """Django's own connection for deferring; a pool that signs in anew for the worker."""

    def get_worker_connector(self) -> BaseAsyncConnector:
        # psycopg_pool calls it for each connection that it opens (3.3 and later).
        return PsycopgConnector(kwargs=lambda: connector_params(self.alias))


def sign_in_anew(app: App) -> None:
    """Let the workers of `app` sign in anew for each connection."""
    app.connector = app.job_manager.connector = FreshConnector()
