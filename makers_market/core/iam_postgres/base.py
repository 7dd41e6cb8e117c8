"""Django's PostgreSQL, signed in to by a token of RDS instead of a stored password.

A token is made for each new connection, here, by a signature: it asks nobody, lives 15 minutes and
is not kept. It says only who connects, so an open connection outlives it.
Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
"""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        """Give what psycopg connects with, a fresh token as password.

        Raises OperationalError when the task's role cannot be read: the database is away then.
        """
        params: dict[str, Any] = super().get_connection_params()
        try:
            params["password"] = token(
                host=params["host"], port=int(params["port"]), user=params["user"]
            )
        except BotoCoreError as error:
            raise OperationalError("no AWS credentials to sign in to PostgreSQL with") from error
        return params


def token(*, host: str, port: int, user: str) -> str:
    """Sign a token by which `user` may connect to RDS at host and port within 15 minutes."""
    signed: str = _rds().generate_db_auth_token(
        DBHostname=host, Port=port, DBUsername=user, Region=settings.AWS_REGION
    )
    return signed


@cache
def _rds() -> Any:
    config = Config(connect_timeout=2, read_timeout=2, retries={"max_attempts": 1})
    return boto3.client("rds", region_name=settings.AWS_REGION, config=config)
