# Sourced by the scripts in bin/: leaves us in the checkout with a complete .venv, or ends.
# Python 3.12 or 3.13: Django 6.1 needs 3.12, and the cache server's wheels end at 3.13.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$ROOT"
PY="$ROOT/.venv/bin/python"
LOCK="$ROOT/requirements-dev.txt"
STAMP="$ROOT/.venv/installed.txt"

say() { printf '%s\n' "$*" >&2; }

# A pyenv shim can be on PATH and still fail, and Debian ships venv without ensurepip: so run it.
is_good() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] not in ((3, 12), (3, 13)))' \
        >/dev/null 2>&1
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python; do
        if [ -n "$candidate" ] && is_good "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    if command -v uv >/dev/null 2>&1 && uv python install 3.13 >&2; then
        uv python find 3.13
        return
    fi
    say "Python 3.12 or 3.13 with venv is needed: install python3.13 and python3.13-venv" \
        "(or pyenv, or uv), or name one: PYTHON=/path/to/python3.13 $0"
    return 1
}

make_venv() {
    local python
    python=$(find_python)
    say "Making .venv with $("$python" --version) …"
    "$python" -m venv --clear .venv
}

install_packages() {
    say "Installing the locked packages into .venv (the first time takes a minute) …"
    "$PY" -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14' || true
    if ! "$PY" -m uv pip sync --python "$PY" --require-hashes "$LOCK"; then
        say "uv could not; trying pip, which reads its own settings …"
        "$PY" -m pip install --disable-pip-version-check --require-hashes -r "$LOCK"
    fi
    cp "$LOCK" "$STAMP"
}

bootstrap() {
    mkdir -p .local
    exec 9>.local/bootstrap.lock
    if command -v flock >/dev/null 2>&1; then flock 9; fi
    is_good "$PY" || make_venv
    cmp -s "$LOCK" "$STAMP" || install_packages
    exec 9>&- # else everything we start would hold the lock
}

bootstrap
