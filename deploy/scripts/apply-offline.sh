#!/usr/bin/env bash
# Apply one tier to the pretend providers: apply-offline.sh [--kept] small|production DIR
# DIR gets a copy of deploy/ with its state, state.json, and plan.json: a second plan, in which every
# value is known. Fails unless that one is empty. Nothing reaches AWS. --kept takes the outcome of an earlier run on the very same files
# from .local/deploy, if there is one: for tests that only read the state.
set -euo pipefail
kept=""
[ "${1:-}" != --kept ] || { kept=1 && shift; }
case "${1:-}" in small | production) ;; *) sed -n '2,5s/^# //p' "$0" && exit 2 ;; esac
tier=$1 folder=$(realpath -m "${2:?a folder to write to}")
source "$(dirname "${BASH_SOURCE[0]}")/lib/offline.sh"
unset REAL
vars=("-var-file=envs/$tier.tfvars" "-var-file=$ROOT/deploy/offline/pretend.tfvars")

# Run Terraform; what it says is shown only if it fails.
quietly() { tf "$folder" "$@" >"$folder/log" || { cat "$folder/log" && false; }; }

apply() {
    local again=0
    quietly init -input=false -no-color
    quietly plan -input=false -no-color "${vars[@]}" -out=plan
    quietly apply -no-color plan
    grep '^Apply complete' "$folder/log"
    tf "$folder" show -json >"$folder/state.json"
    tf "$folder" plan -input=false -no-color "${vars[@]}" -detailed-exitcode -out=again \
        >"$folder/log" || again=$?
    if [ "$again" != 0 ]; then
        say "A second plan of $tier is not empty:"
        cat "$folder/log"
        return 1
    fi
    tf "$folder" show -json again >"$folder/plan.json"
}

# What an outcome depends on: the Terraform files and the pretend providers.
inputs() {
    (cd "$folder" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
    sha256sum deploy/offline/*.py deploy/offline/*.gz deploy/offline/*.json deploy/offline/*.tfvars
}

checker_venv requirements
copy_deploy "$folder"
rm -rf "$folder/tests" # init would load each run of them
if [ -z "$kept" ]; then
    apply
    exit
fi

store="$CHECKERS/applied/$tier"
mkdir -p "$store"
exec 7>"$store/lock"
if command -v flock >/dev/null 2>&1; then flock 7; fi
inputs >"$store/wanted"
if ! cmp -s "$store/wanted" "$store/inputs"; then
    apply
    cp "$folder/plan.json" "$folder/state.json" "$store/"
    mv "$store/wanted" "$store/inputs"
fi
cp "$store/plan.json" "$store/state.json" "$folder/"
