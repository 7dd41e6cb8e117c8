#!/usr/bin/env bash
# Practise the restore: restore-drill.sh BACKUP | --demo
# BACKUP goes into a fresh PostgreSQL on this machine and is proven there; nothing of it stays.
if [ -e "${1:-}" ]; then set -- "$(realpath "$1")"; fi # the bootstrap changes the folder
source "$(dirname "${BASH_SOURCE[0]}")/../../bin/lib/bootstrap.sh"
exec "$PY" -m sandbox.drill "$@"
