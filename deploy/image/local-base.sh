#!/usr/bin/env bash
# Make a base image like python:3.13-slim without a container registry: Debian's own packages,
# in buildah's store under the name the Dockerfile asks for. Needs root, debootstrap and buildah.
#   deploy/image/local-base.sh [NAME]
# MIRROR may name a Debian mirror other than debootstrap's own choice, SUITE another release (one
# whose Python is 3.12 or 3.13).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

suite=${SUITE:-trixie}
# What the official image has beside Python; venv, since Debian ships ensurepip apart.
packages=python3,python3-venv,ca-certificates,netbase,tzdata
name=${1:-$(sed -n 's/^ARG PYTHON_IMAGE=//p' Dockerfile)}
: "${name:?give the name of the base image}"

for tool in debootstrap buildah; do
    command -v "$tool" >/dev/null || { echo "Install the package $tool first." >&2 && exit 1; }
done
if [ "$(id -u)" != 0 ]; then
    echo "debootstrap makes device files and needs root." >&2
    exit 1
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include="$packages" "$suite" "$root" ${MIRROR:+"$MIRROR"} >&2
# Where the official image has them.
ln -s /usr/bin/python3 "$root/usr/local/bin/python3"
ln -s /usr/bin/python3 "$root/usr/local/bin/python"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}/*

container=$(buildah from scratch)
buildah copy --quiet "$container" "$root" / >/dev/null
buildah config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
    --cmd python3 "$container"
buildah commit --quiet --rm "$container" "$name"
echo "Made $name from Debian $suite: $(chroot "$root" python3 --version)"
