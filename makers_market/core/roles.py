"""The database's roles, made by its administrator before the first migration."""

import json
from typing import Any

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection
from procrastinate.contrib.django import connector_params

SCRIPT = settings.BASE_DIR / "deploy" / "sql" / "roles.sql"
# Whether the app's login may do all that the script gives it.
IN_PLACE = """
SELECT pg_has_role(current_user, to_regrole('mm_workshop'), 'SET')
   AND has_schema_privilege('public', 'CREATE')
   AND has_database_privilege(current_database(), 'CREATE')
"""


class RolesNotPrepared(Exception):
    """Roles are missing and could not be made; says why."""


def prepare_roles() -> bool:
    """Make what is missing of the roles as RDS's administrator; tells whether anything was.

    Where the app's login has what it needs, nobody else signs in. The administrator's password is
    in the secret that RDS rotates: it is read now and not kept. Raises RolesNotPrepared, and
    OperationalError while PostgreSQL lets nobody in, which may pass.
    """
    if _are_prepared():
        return False
    login = administrator()
    try:
        with connection.wrap_database_errors:
            _run_script(connector_params() | login)
    except ProgrammingError as error:
        raise RolesNotPrepared(f"PostgreSQL: {error}") from error
    return True


def _run_script(params: dict[str, Any]) -> None:
    with psycopg.connect(**params, autocommit=True) as conn:
        conn.execute(
            "SELECT set_config('roles.app', %s, false), set_config('roles.auth', %s, false)",
            [settings.DATABASE["USER"], settings.DATABASE_AUTH],
        )
        conn.execute(SCRIPT.read_bytes())


def _are_prepared() -> bool:
    """Tell whether the app's login is there and has what it needs."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(IN_PLACE)
            (found,) = cursor.fetchone()
    except DatabaseError:
        return False
    finally:
        connection.close()
    return bool(found)


def administrator() -> dict[str, Any]:
    """Give the administrator's login; RDS keeps it as {"username": …, "password": …}.

    Raises RolesNotPrepared, in words that hold nothing of the secret.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
    """
    arn = settings.DATABASE_ADMIN_SECRET_ARN
    if not arn:
        raise RolesNotPrepared("set DATABASE_ADMIN_SECRET_ARN, or run deploy/sql/roles.sql by hand")
    config = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 3})
    client = boto3.client("secretsmanager", region_name=settings.AWS_REGION, config=config)
    try:
        kept = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
        return {"user": kept["username"], "password": kept["password"]}
    except (BotoCoreError, ClientError) as error:
        raise RolesNotPrepared(f"Secrets Manager: {error}") from error
    except (ValueError, KeyError, TypeError):
        # The error would quote the secret.
        raise RolesNotPrepared(
            "DATABASE_ADMIN_SECRET_ARN names a secret without username and password"
        ) from None
