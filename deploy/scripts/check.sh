#!/usr/bin/env bash
# Check deploy/ without an AWS account: check.sh [--quick | --all] [--real] [--help]
# --quick  (default) format, schema, validate, tests, one tier's plan, image and compose files
# --all    both tiers applied, second plans, the change of tier, checkov, the Lambda, seeded
#          mistakes, and the workflows
# --real   validate and test with HashiCorp's own providers (needs the internet); what applies
#          still meets pretend ones, for nothing here may reach AWS
# Each check is one line: ok, FAIL or skip (its tool is missing) and seconds. Exit 1 after a FAIL.
set -uo pipefail
scope=quick real=""
for word in "$@"; do
    case "$word" in
        --quick) scope=quick ;;
        --all) scope=all ;;
        --real) real=1 ;;
        --help | -h) sed -n '2,8s/^# //p' "$0" && exit ;;
        *) echo "check.sh knows no $word; see --help" >&2 && exit 2 ;;
    esac
done
source "$(dirname "${BASH_SOURCE[0]}")/lib/offline.sh"
set +e

SKIP=99 # the exit status of a check whose tool is missing
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=() skipped=()

check() {
    local name=$1 began=$SECONDS verdict=ok
    shift
    # Not `… || status=$?`: bash forgets set -e inside whatever stands before an `||`.
    (
        set -e
        "$@"
    ) >"$work/said" 2>&1
    case $? in
        0) ;;
        "$SKIP") verdict=skip && skipped+=("$name") ;;
        *) verdict=FAIL && failed+=("$name") ;;
    esac
    printf '%-4s  %-28s %4d s\n' "$verdict" "$name" $((SECONDS - began))
    [ "$verdict" = ok ] || { tail -n 80 "$work/said" | sed 's/^/      /' && echo; }
}

skip() { echo "$*" && exit "$SKIP"; }
has() { command -v "$1" >/dev/null 2>&1; }

formatted() { terraform fmt -check -recursive -diff deploy; }

# The commands that meet the real providers when --real was given.
with_providers() { REAL=$real tf "$@"; }

validated() {
    local folder
    for folder in "$work/copy" "$work/copy/bootstrap"; do
        with_providers "$folder" init -backend=false -input=false -no-color
        # The test files are read by the next check; validate would take a module that is under
        # test, and gets its providers from the test, for one that lacks them.
        with_providers "$folder" validate -no-tests -no-color
    done
}

tested() { with_providers "$work/copy" test -no-color; }

checked_by_schema() { offline hclcheck "$work/copy"; }

# One tier planned: the promises hold on what a plan knows already.
planned() {
    tf "$work/copy" plan -input=false -no-color -var-file=envs/production.tfvars \
        "-var-file=$ROOT/deploy/offline/pretend.tfvars" -out=plan >"$work/log" || { cat "$work/log" && false; }
    tf "$work/copy" show -json plan >"$work/plan.json"
    offline plancheck "$work/plan.json"
}

applied() { deploy/scripts/apply-offline.sh "$1" "$work/$1"; }
promised() { offline plancheck "$work/$1/state.json"; }

raised() {
    tf "$work/small" plan -input=false -no-color -var-file=envs/production.tfvars \
        "-var-file=$ROOT/deploy/offline/pretend.tfvars" -out=raise >"$work/log" || { cat "$work/log" && false; }
    tf "$work/small" show -json raise >"$work/raise.json"
    offline kept "$work/raise.json"
}

scanned() {
    checker_venv checkov
    local tier
    for tier in small production; do
        "$CHECKERS/checkov/bin/checkov" --file "$work/$tier/plan.json" \
            --skip-download --config-file deploy/checkov.yaml
    done
}

linted_image() {
    local hadolint="$ROOT/.venv/bin/hadolint"
    [ -x "$hadolint" ] || hadolint=$(command -v hadolint) || skip "hadolint is not installed"
    "$hadolint" Dockerfile
}

# Debian's docker-compose 1.29 refuses what newer ones let pass; v2 is the next best.
read_compose() {
    if has docker-compose; then
        docker-compose -f docker-compose.yml config -q
    elif docker compose version >/dev/null 2>&1; then
        docker compose -f docker-compose.yml config -q
    else
        skip "neither docker-compose (apt-get install docker-compose) nor docker compose is there"
    fi
}

delivered() { "$PY" -m pytest -q -p no:cacheprovider -m "not long" tests/deploy/test_lambda.py; }

caught() {
    copy_deploy "$work/seeded" && rm -r "$work/seeded/tests"
    offline seeded seed "$work/seeded"
    local chosen=(-input=false -no-color -var-file=envs/small.tfvars
        "-var-file=$ROOT/deploy/offline/pretend.tfvars")
    tf "$work/seeded" init -input=false -no-color >"$work/log"
    tf "$work/seeded" apply -auto-approve "${chosen[@]}" >"$work/log" || { cat "$work/log" && false; }
    tf "$work/seeded" show -json >"$work/seeded.json"
    offline seeded caught "$work/seeded.json"
}

misspelt_caught() {
    copy_deploy "$work/misspelt" && rm -r "$work/misspelt/tests"
    offline seeded misspell "$work/misspelt"
    offline hclcheck "$work/misspelt" >"$work/by-schema" || true
    offline seeded named "$work/by-schema"
    has terraform || return 0
    tf "$work/misspelt" init -backend=false -input=false -no-color >"$work/log"
    tf "$work/misspelt" validate -no-color >"$work/by-terraform" 2>&1 || true
    offline seeded named "$work/by-terraform"
}

# GitHub's own schema, then zizmor's rules: pins, rights, text that could become a command.
linted_workflows() {
    checker_venv workflows
    local bin="$CHECKERS/workflows/bin"
    "$bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
    "$bin/check-jsonschema" --builtin-schema vendor.dependabot .github/dependabot.yml
    "$bin/zizmor" --offline --no-progress --quiet .github
}

checker_venv requirements
copy_deploy "$work/copy"

check "4 schema (hclcheck)" checked_by_schema
if has terraform; then
    check "1 format" formatted
    check "2 validate" validated
    check "3 terraform test" tested
    if [ $scope = quick ]; then
        check "6 promises, planned" planned
    else
        for tier in small production; do
            check "5 apply $tier twice" applied $tier
            check "6 promises, $tier" promised $tier
        done
        check "5 small to production" raised
        check "7 checkov" scanned
        check "10 seeded mistakes" caught
    fi
else
    say "There is no terraform here: only the schema check reads the .tf files (checks 1-3, 5-7 and 10 need it)."
    skipped+=("everything that runs terraform")
fi
check "10 misspelt Terraform" misspelt_caught
check "8 Dockerfile (hadolint)" linted_image
check "8 compose file" read_compose
if [ $scope = all ]; then
    check "9 the delivery Lambda" delivered
    check "workflows (schema, zizmor)" linted_workflows
fi

[ ${#skipped[@]} = 0 ] || (IFS=, && printf 'Skipped: %s\n' "${skipped[*]}")
if [ ${#failed[@]} -gt 0 ]; then
    (IFS=, && printf 'Failed: %s\n' "${failed[*]}")
    exit 1
fi
echo "Every check of deploy/ passed."
