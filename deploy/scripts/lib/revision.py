"""Write the next revision of a task definition: the same, with another image.

    aws ecs describe-task-definition … | python3 revision.py REPOSITORY IMAGE > next.json

Every container whose image lies in REPOSITORY gets IMAGE (a digest, never a tag); sidecars keep
theirs. The output is what `aws ecs register-task-definition --cli-input-json` takes: what only a
registered revision has is left out. Standard library only: it runs where the shop is not installed.
"""

import json
import re
import sys
from typing import Any

# Fields of the answer that RegisterTaskDefinition refuses (Amazon ECS API Reference).
_ONLY_REGISTERED = (
    "compatibilities",
    "deregisteredAt",
    "registeredAt",
    "registeredBy",
    "requiresAttributes",
    "revision",
    "status",
    "taskDefinitionArn",
)


def next_revision(described: dict[str, Any], repository: str, image: str) -> dict[str, Any]:
    """Give the definition to register; ValueError when it would change nothing or pins nothing."""
    if not re.fullmatch(re.escape(repository) + r"@sha256:[0-9a-f]{64}", image):
        raise ValueError(f"{image} is no digest in {repository}")
    definition = {
        key: value
        for key, value in described["taskDefinition"].items()
        if key not in _ONLY_REGISTERED
    }
    ours = [
        one
        for one in definition["containerDefinitions"]
        if one["image"].split("@")[0].split(":")[0] == repository
    ]
    if not ours:
        raise ValueError(f"{definition['family']} has no container of {repository}")
    for container in ours:
        container["image"] = image
    if described.get("tags"):
        definition["tags"] = described["tags"]
    return definition


def main() -> int:
    repository, image = sys.argv[1:]
    try:
        definition = next_revision(json.load(sys.stdin), repository, image)
    except ValueError as error:
        print(f"revision.py: {error}", file=sys.stderr)
        return 1
    json.dump(definition, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
