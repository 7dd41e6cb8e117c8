#!/usr/bin/env bash
# Run once by the PostgreSQL image of docker-compose.yml: the shop's roles, as on RDS.
set -euo pipefail

PGOPTIONS='-c roles.app=market' psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    --dbname "$POSTGRES_DB" --file /roles.sql \
    --command "ALTER ROLE market PASSWORD 'market'"
