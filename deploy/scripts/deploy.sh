#!/usr/bin/env bash
# Put a commit into service, or take one out again.
#
#   deploy.sh [--dry-run] release [COMMIT]    default: HEAD; build, push, migrate, update, wait
#   deploy.sh [--dry-run] rollback [COMMIT]   default: the one before deploy/RELEASED's last change
#   deploy.sh --help
#
# release builds the image (target app), pushes it and from then on speaks of its digest only. The
# migrate task runs first and must end with 0; old tasks serve the new schema meanwhile (expand,
# then contract). Then worker and web get revisions with the new image, and the script waits until
# ECS says they are stable AND on that revision: a rollback by ECS's circuit breaker is stable too.
# If not, both go back to the revisions that served before. rollback does the same with an image
# that is in the registry, without build and without migrate. Exit 0: it serves; 1: it does not, the
# former release does; 2: wrong use. deploy/RELEASED then holds the commit that serves: commit it.
#
# Settings, from the environment or else from `terraform output` of deploy/:
#   CLUSTER WEB_SERVICE WORKER_SERVICE WEB_FAMILY WORKER_FAMILY MIGRATE_FAMILY REPOSITORY SITE_URL
#   MIGRATE_SUBNETS MIGRATE_SECURITY_GROUPS (comma-separated)
# A new revision is the newest one of its family with another image, so what Terraform changed in
# a task definition since the last release goes out with this one.
# BUILDER: docker (default), podman or buildah. PLATFORM: linux/amd64 (what the tasks run on: cpu_architecture).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
HERE=deploy/scripts/lib
RELEASED=${RELEASED_FILE:-deploy/RELEASED}
BUILDER=${BUILDER:-docker}
PLATFORM=${PLATFORM:-linux/amd64}
POLL_SECONDS=${POLL_SECONDS:-15}
DRY_RUN=""
export AWS_PAGER=""

usage() { sed -n '2,24s/^# \{0,1\}//p' deploy/scripts/deploy.sh; }
say() { printf '%s\n' "$*" >&2; }
stop() { say "deploy: $*" && exit 1; }
misuse() { say "deploy: $*" && say "See deploy.sh --help." && exit 2; }

# Say and run a command; with --dry-run, say it only.
run() {
    say "+ $*"
    [ -n "$DRY_RUN" ] || "$@"
}

# The same for a command whose answer is needed; with --dry-run the answer is its first argument.
ask() {
    local answer=$1
    shift
    say "+ $*"
    if [ -n "$DRY_RUN" ]; then echo "$answer"; else "$@"; fi
}

setting() {
    local name=$1 output=$2
    if [ -z "${!name:-}" ]; then
        printf -v "$name" '%s' "$(terraform -chdir=deploy output -json "$output" |
            python3 -c 'import json, sys; v = json.load(sys.stdin); print(v if isinstance(v, str) else ",".join(v))')"
    fi
    [ -n "${!name}" ] || stop "$name is not set, and terraform has no output $output."
}

read_settings() {
    setting CLUSTER cluster_name
    setting WEB_SERVICE web_service_name
    setting WORKER_SERVICE worker_service_name
    setting REPOSITORY ecr_repository_url
    setting WEB_FAMILY web_task_family
    setting WORKER_FAMILY worker_task_family
    setting MIGRATE_FAMILY migrate_task_family
    setting MIGRATE_SUBNETS migrate_subnet_ids
    setting MIGRATE_SECURITY_GROUPS migrate_security_group_ids
    setting SITE_URL site_url
}

digest_of() {
    ask "sha256:$(printf '0%.0s' {1..64})" aws ecr describe-images \
        --repository-name "${REPOSITORY#*/}" --image-ids "imageTag=$1" \
        --query 'imageDetails[0].imageDigest' --output text
}

build_and_push() {
    local commit=$1 image="$REPOSITORY:$1" password
    password=$(ask "(password)" aws ecr get-login-password)
    run "$BUILDER" login --username AWS --password-stdin "${REPOSITORY%%/*}" <<<"$password"
    run "$BUILDER" build --target app --platform "$PLATFORM" \
        --build-arg "REVISION=$commit" --tag "$image" .
    run "$BUILDER" push "$image"
}

# register FAMILY IMAGE: make the next revision of a task definition, print its ARN.
register() {
    local described next
    if [ -n "$DRY_RUN" ]; then
        say "+ aws ecs register-task-definition: $1 with the image $2"
        echo "$1:next"
        return
    fi
    described=$(aws ecs describe-task-definition --task-definition "$1" --include TAGS --output json)
    next=$(python3 "$HERE/revision.py" "$REPOSITORY" "$2" <<<"$described")
    say "+ aws ecs register-task-definition: the next of $1"
    aws ecs register-task-definition --cli-input-json "$next" \
        --query taskDefinition.taskDefinitionArn --output text
}

migrate() {
    local definition task code
    definition=$(register "$MIGRATE_FAMILY" "$1")
    task=$(ask "(task)" aws ecs run-task --cluster "$CLUSTER" --task-definition "$definition" \
        --launch-type FARGATE --count 1 --started-by deploy.sh --network-configuration \
        "awsvpcConfiguration={subnets=[$MIGRATE_SUBNETS],securityGroups=[$MIGRATE_SECURITY_GROUPS],assignPublicIp=DISABLED}" \
        --query 'tasks[0].taskArn' --output text)
    # run-task answers with no task and a list of failures when there is no room for it.
    case "$task" in "" | None) stop "The migrate task did not start; the old release goes on serving." ;; esac
    run aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$task" ||
        stop "The migrate task $task is still running after ten minutes: see its log, do not start a second."
    code=$(ask 0 aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" \
        --query "tasks[0].containers[?name=='migrate'].exitCode | [0]" --output text)
    [ "$code" = 0 ] || stop "The migrate task ended with $code; nothing was updated, the old release goes on serving."
}

serving() {
    ask "$1:now" aws ecs describe-services --cluster "$CLUSTER" --services "$1" \
        --query 'services[0].taskDefinition' --output text
}

# update SERVICE DEFINITION …: give each service its revision.
update() {
    while [ $# -gt 0 ]; do
        run aws ecs update-service --cluster "$CLUSTER" --service "$1" --task-definition "$2" \
            --query service.serviceArn --output text >/dev/null || return 1
        shift 2
    done
}

# stable SERVICE …: wait until each runs what it should; the command itself gives up after ten minutes.
stable() {
    run aws ecs wait services-stable --cluster "$CLUSTER" --services "$@" ||
        run aws ecs wait services-stable --cluster "$CLUSTER" --services "$@"
}

# settled SERVICE DEFINITION: is this the only revision it runs, with nothing under way? When the old
# tasks are gone ECS watches the alarms for some minutes more, in which the rollout is IN_PROGRESS:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
settled() {
    local state="" _try
    for _try in {1..60}; do
        state=$(ask "$2 COMPLETED 1" aws ecs describe-services --cluster "$CLUSTER" --services "$1" --query \
            "join(' ', [services[0].taskDefinition, services[0].deployments[?status=='PRIMARY'].rolloutState | [0], to_string(length(services[0].deployments))])" \
            --output text) || return 1
        case "$state" in
            "$2 COMPLETED 1") return ;;
            "$2 IN_PROGRESS "* | "$2 COMPLETED "*) sleep "$POLL_SECONDS" ;;
            *) break ;;
        esac
    done
    say "$1 is not on $2: $state"
    return 1
}

answers() { run curl --silent --show-error --fail --max-time 10 --retry 5 --retry-delay 3 --output /dev/null "$SITE_URL/healthz"; }

roll_out() {
    local image=$1 old_web old_worker web worker
    old_web=$(serving "$WEB_SERVICE")
    old_worker=$(serving "$WORKER_SERVICE")
    web=$(register "$WEB_FAMILY" "$image")
    worker=$(register "$WORKER_FAMILY" "$image")
    if update "$WORKER_SERVICE" "$worker" "$WEB_SERVICE" "$web" &&
        stable "$WORKER_SERVICE" "$WEB_SERVICE" &&
        settled "$WORKER_SERVICE" "$worker" && settled "$WEB_SERVICE" "$web" && answers; then
        return
    fi
    say "The new release does not serve: going back to $old_web and $old_worker."
    update "$WEB_SERVICE" "$old_web" "$WORKER_SERVICE" "$old_worker" ||
        stop "Going back was refused: do it by hand, docs/deploy.md."
    stable "$WORKER_SERVICE" "$WEB_SERVICE" ||
        stop "The former release is not stable yet: docs/deploy.md."
    stop "The former release serves again."
}

record() {
    say "+ $1 > $RELEASED"
    [ -n "$DRY_RUN" ] || printf '%s\n' "$1" >"$RELEASED"
    say "Serving: $1. Commit $RELEASED."
}

is_checked_out() { [ "$1" = "$(git rev-parse HEAD)" ] && [ -z "$(git status --porcelain)" ]; }

release() {
    local commit digest
    commit=$(git rev-parse --verify "${1:-HEAD}^{commit}") || misuse "There is no commit ${1:-HEAD}."
    read_settings
    digest=$([ -n "$DRY_RUN" ] || digest_of "$commit" 2>/dev/null) || digest=""
    if [ -z "$digest" ]; then
        # What is built is the work tree, so it must be the commit it is called after.
        if [ -z "$DRY_RUN" ] && ! is_checked_out "$commit"; then
            stop "Building $commit needs a clean checkout of it: git switch --detach $commit."
        fi
        build_and_push "$commit"
        digest=$(digest_of "$commit")
    fi
    migrate "$REPOSITORY@$digest"
    roll_out "$REPOSITORY@$digest"
    record "$commit"
}

# The commit that served before the one deploy/RELEASED names now, from the file's own history.
former() {
    local now change
    now=$(cat "$RELEASED")
    for change in $(git log --format=%H -- "$RELEASED"); do
        if [ "$(git show "$change:$RELEASED")" != "$now" ]; then
            git show "$change:$RELEASED"
            return
        fi
    done
    return 1
}

rollback() {
    local commit digest
    commit=$(git rev-parse --verify "${1:-$(former)}^{commit}") || misuse "There is no former release; name a commit."
    read_settings
    digest=$(digest_of "$commit") || stop "The registry has no image of $commit."
    roll_out "$REPOSITORY@$digest"
    record "$commit"
}

main() {
    if [ "${1:-}" = --dry-run ]; then DRY_RUN=1 && shift; fi
    [ $# -le 2 ] || misuse "too many arguments"
    case "${1:-}" in
        release | rollback) "$@" ;;
        --help | -h) usage ;;
        "") misuse "say release or rollback" ;;
        *) misuse "no command $1" ;;
    esac
}

main "$@"
