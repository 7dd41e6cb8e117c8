# shellcheck shell=bash
# Sourced by the scripts beside: the project's .venv (PY, say), the checkers' own venvs, and `tf`.
# shellcheck source=bin/lib/bootstrap.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../../bin/lib/bootstrap.sh"

CHECKERS="$ROOT/.local/deploy"

# Make the venv .local/deploy/NAME from deploy/offline/NAME.txt, unless it is there and the same.
# checkov pins a hundred packages of its own, so it does not share one with the rest.
checker_venv() {
    local name=$1 lock="$ROOT/deploy/offline/$1.txt" venv="$CHECKERS/$1"
    mkdir -p "$CHECKERS"
    exec 8>"$CHECKERS/$name.lock"
    if command -v flock >/dev/null 2>&1; then flock 8; fi
    if ! cmp -s "$lock" "$venv/installed.txt"; then
        say "Installing the packages of deploy/offline/$name.txt into .local/deploy (once) …"
        "$PY" -m venv --clear "$venv"
        "$PY" -m uv pip sync --quiet --python "$venv/bin/python" --require-hashes "$lock" ||
            "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
                --require-hashes -r "$lock"
        cp "$lock" "$venv/installed.txt"
    fi
    exec 8>&-
}

offline() { "$CHECKERS/requirements/bin/python" -m "deploy.offline.$1" "${@:2}"; }

# tf DIR COMMAND…: Terraform in DIR, with pretend providers; with REAL=1, with the real ones.
tf() {
    local folder=$1
    shift
    if [ -n "${REAL:-}" ]; then
        terraform -chdir="$folder" "$@"
    else
        offline run --used-in "$folder" -- terraform -chdir="$folder" "$@"
    fi
}

# Copy the Terraform of deploy/ to DIR, and keep state there: nothing is written into the checkout.
copy_deploy() {
    mkdir -p "$1"
    tar -C deploy --exclude=./offline --exclude=./scripts --exclude=./image --exclude=./sql \
        --exclude=./RELEASED --exclude=./checkov.yaml --exclude='*.md' --exclude=.terraform \
        --exclude=__pycache__ -cf - . | tar -C "$1" -xf -
    rm -f "$1/backend.tf" "$1/bootstrap/backend.tf"
}
