"""What deploy.sh talks to in its tests: `aws`, `docker` and `curl` as one program on PATH.

Called by any of those names it appends its arguments to calls.txt in the folder CLOUD and answers
from cloud.json there. ECS is played: an update puts the service on a new revision unless the
scenario says that it never settles; `bakes` is how often it says that alarms are still watched.
"""

import json
import os
import sys
from pathlib import Path

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/makers-market"
DIGEST = "sha256:" + "a" * 64


def option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


def definition(family: str) -> dict:
    """Describe a task definition as ECS does, sidecar and read-only fields included."""
    containers = [
        {"name": family, "image": f"{REPOSITORY}@sha256:{'0' * 64}"},
        {"name": "collector", "image": "public.ecr.aws/collector@sha256:1"},
    ]
    described = {"family": family, "revision": 7, "status": "ACTIVE", "cpu": "256"}
    described["taskDefinitionArn"] = f"{family}:7"
    return {"taskDefinition": {**described, "containerDefinitions": containers}, "tags": []}


def ecs(cloud: dict, arguments: list[str]) -> str:
    verb = arguments[0]
    if verb == "describe-task-definition":
        return json.dumps(definition(option(arguments, "--task-definition")))
    if verb == "register-task-definition":
        given = json.loads(option(arguments, "--cli-input-json"))
        cloud["registered"].append(given)
        return f"{given['family']}:8"
    if verb == "run-task":
        return cloud["task"]
    if verb == "describe-tasks":
        return cloud["exit_code"]
    if verb == "update-service":
        service, wanted = option(arguments, "--service"), option(arguments, "--task-definition")
        if cloud["settles"] or not wanted.endswith(":8"):
            cloud["services"][service] = wanted
        return "arn"
    if verb == "describe-services":
        serving = cloud["services"][option(arguments, "--services")]
        if option(arguments, "--query") == "services[0].taskDefinition":
            return serving
        cloud["bakes"] -= 1
        return f"{serving} {'IN_PROGRESS' if cloud['bakes'] >= 0 else 'COMPLETED'} 1"
    return ""


def answer(cloud: dict, command: str, arguments: list[str]) -> str:
    if command == "docker" and arguments[0] == "push":
        cloud["images"].append(arguments[1].split(":")[-1])
    if command == "curl" and not cloud["answers"]:
        raise SystemExit(22)
    if command != "aws":
        return ""
    if arguments[:2] == ["ecr", "describe-images"]:
        if option(arguments, "--image-ids").removeprefix("imageTag=") not in cloud["images"]:
            raise SystemExit(254)
        return DIGEST
    return ecs(cloud, arguments[1:]) if arguments[0] == "ecs" else ""


def main() -> None:
    command, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    folder = Path(os.environ["CLOUD"])
    with (folder / "calls.txt").open("a") as calls:
        calls.write(" ".join([command, *arguments]) + "\n")
    path = folder / "cloud.json"
    cloud = json.loads(path.read_text())
    print(answer(cloud, command, arguments))
    path.write_text(json.dumps(cloud))


if __name__ == "__main__":
    main()
