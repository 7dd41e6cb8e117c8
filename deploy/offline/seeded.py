"""Seed mistakes into a copy of deploy/ and prove that the checks name each of them.

    python -m deploy.offline.seeded seed COPY          write the mistakes of evaluation
    python -m deploy.offline.seeded caught STATE       exit 1 unless plancheck names them all
    python -m deploy.offline.seeded misspell COPY      write the mistakes of language
    python -m deploy.offline.seeded named OUTPUT       exit 1 unless the text names them all

A checker that always passes looks like a good infrastructure. A mistake whose place is no longer
found is an error too: it would prove nothing.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.offline.plancheck import check
from deploy.offline.plans import read


@dataclass(frozen=True)
class Mistake:
    """A change of the Terraform files and the words by which a check must name it.

    With `find`, a regular expression, its first match in any file below `place` becomes `write`;
    without, `write` is a new file at `place`.
    """

    name: str
    place: str
    write: str
    words: str
    find: str = ""


SEEDED = (
    Mistake(
        "tasks with public addresses",
        "modules/app",
        "assign_public_ip = true",
        "tasks get public addresses",
        r"assign_public_ip\s*=\s*false",
    ),
    Mistake(
        "a load balancer open to everybody",
        "modules/security/seeded.tf",
        """resource "aws_vpc_security_group_ingress_rule" "seeded" {
  security_group_id = aws_security_group.this["alb"].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
""",
        "ingress_rule.seeded: open to the world",
    ),
    Mistake(
        "an eleventh alarm",
        "modules/observe/seeded.tf",
        """resource "aws_cloudwatch_metric_alarm" "seeded" {
  alarm_name          = "one-too-many"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Requests"
  namespace           = "MakersMarket"
  period              = 60
  statistic           = "Sum"
  threshold           = 1
}
""",
        "11 alarms; the design allows 10",
    ),
    Mistake(
        "a secret in plain environment",
        "modules/app/tasks.tf",
        'merge(var.environment, { STRIPE_SECRET_KEY = "sk_live_seeded",',
        "has STRIPE_SECRET_KEY in plain environment",
        r"merge\(var\.environment, \{",
    ),
    Mistake(
        "an unencrypted database",
        "modules/data",
        "storage_encrypted = false",
        "the database is not encrypted",
        r"storage_encrypted\s*=\s*true",
    ),
    Mistake(
        "a bucket that may be made public",
        "modules/data",
        "block_public_policy     = false",
        "a bucket may be made public",
        r"block_public_policy\s*=\s*true",
    ),
    Mistake(
        "a role that may do everything",
        "modules/app/permissions.tf",
        'actions   = ["*"]\n    resources = ["*"]',
        "allows * on everything",
        r'actions\s*=\s*\["rds-db:connect"\]\s*resources\s*=\s*\[[^\]]*\]',
    ),
)
MISSPELT = (
    Mistake(
        "an argument that the provider does not have",
        "modules/app",
        "health_check_grace_seconds =",
        "health_check_grace_seconds",
        r"health_check_grace_period_seconds\s*=",
    ),
    Mistake(
        "a type that the provider does not have",
        "modules/network/seeded.tf",
        'resource "aws_nat_gatway" "seeded" {}\n',
        "aws_nat_gatway",
    ),
    Mistake(
        "a variable that is declared nowhere",
        "seeded.tf",
        'output "seeded" {\n  value = var.nowhere\n}\n',
        "nowhere",
    ),
)


def write(copy: Path, mistake: Mistake) -> None:
    """Put one mistake into the copy; LookupError when its place is gone."""
    place = copy / mistake.place
    if not mistake.find:
        if not place.parent.is_dir():
            raise LookupError(f"{mistake.name}: no folder {place.parent}")
        place.write_text(mistake.write)
        return
    for path in sorted(place.rglob("*.tf")) if place.is_dir() else [place]:
        text = path.read_text()
        changed, count = re.subn(mistake.find, lambda _: mistake.write, text, count=1)
        if count:
            path.write_text(changed)
            return
    raise LookupError(f"{mistake.name}: nothing in {place} fits {mistake.find}")


def missed(mistakes: tuple[Mistake, ...], said: str) -> list[str]:
    """Name the mistakes of which a check's words say nothing."""
    return [mistake.name for mistake in mistakes if mistake.words not in said]


def _verdict(mistakes: tuple[Mistake, ...], said: str) -> int:
    lost = missed(mistakes, said)
    for name in lost:
        print(f"not caught: {name}")
    print(f"{len(mistakes)} mistakes seeded, {len(mistakes) - len(lost)} caught")
    return 1 if lost else 0


def main() -> int:
    verb, place = sys.argv[1], Path(sys.argv[2])
    if verb == "caught":
        return _verdict(SEEDED, "\n".join(check(read(place))))
    if verb == "named":
        return _verdict(MISSPELT, place.read_text())
    for mistake in {"seed": SEEDED, "misspell": MISSPELT}[verb]:
        write(place, mistake)
    return 0


if __name__ == "__main__":
    sys.exit(main())
