"""Who may read which file, by the policies that Terraform makes: pictures, CloudFront alone."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.files.policies import Caller, Document, Request, is_allowed, read

TLS = {"aws:SecureTransport": "true"}
BUCKET = "arn:aws:s3:::shop-media"
PICTURE, ORIGINAL = "media/pictures/0a/320.avif", "private/originals/0a"
WRITING = ("PutObject", "DeleteObject")
# What lets somebody change who may read, or read what was deleted.
NOBODY_S = (
    "PutObjectAcl", "PutBucketPolicy", "DeleteBucket", "PutBucketAcl", "PutBucketPublicAccessBlock",
    "GetObjectVersion", "DeleteObjectVersion", "PutLifecycleConfiguration", "PutBucketVersioning",
)  # fmt: skip


@dataclass(frozen=True)
class Applied:
    """What one tier came to: the bucket, its policy, the distribution and the roles' policies."""

    bucket: str
    policy: Document
    distribution: str
    roles: dict[str, list[Document]]
    secret: str

    def asks(self, caller: Caller, action: str, key: str = "", **context: str) -> bool:
        resource = f"{self.bucket}/{key}" if key else self.bucket
        said = TLS | {name.replace("_", ":"): value for name, value in context.items()}
        return is_allowed(caller, Request(f"s3:{action}", resource, said), self.policy)

    def cloudfront(self, action: str, key: str = "", **context: str) -> bool:
        caller = Caller("Service", "cloudfront.amazonaws.com")
        return self.asks(caller, action, key, **({"aws_SourceArn": self.distribution} | context))

    def role(self, name: str) -> Caller:
        return Caller("AWS", f"arn:aws:iam::1:role/{name}", self.roles[name])


@pytest.fixture(scope="session")
def applied(resources: list[dict[str, Any]]) -> Applied:
    return read_resources(resources)


def read_resources(found: list[dict[str, Any]]) -> Applied:
    def one(kind: str, name: str) -> dict[str, Any]:
        (values,) = [
            each["values"] for each in found if (each["type"], each["name"]) == (kind, name)
        ]
        return dict(values)

    roles: dict[str, list[Document]] = {"execution": [], "task": [], "migrate": []}
    for each in found:
        if each["type"] == "aws_iam_role_policy" and each["name"] in roles:
            roles[each["name"]].append(read(each["values"]["policy"]))
    return Applied(
        bucket=one("aws_s3_bucket", "media")["arn"],
        policy=read(one("aws_s3_bucket_policy", "media")["policy"]),
        distribution=one("aws_cloudfront_distribution", "shop")["arn"],
        roles=roles,
        secret=master_secret(found),
    )


def master_secret(found: list[dict[str, Any]]) -> str:
    (database,) = [each["values"] for each in found if each["type"] == "aws_db_instance"]
    return str(database["master_user_secret"][0]["secret_arn"])


@pytest.mark.long
def test_cloudfront_reads_public_pictures_and_nothing_else(applied: Applied):
    elsewhere = applied.distribution + "X"

    assert applied.cloudfront("GetObject", PICTURE)
    assert not applied.cloudfront("GetObject", ORIGINAL)
    assert not applied.cloudfront("GetObject", "other/x")
    assert not applied.cloudfront("GetObject", PICTURE, aws_SourceArn=elsewhere)
    assert not applied.cloudfront("GetObject", PICTURE, aws_SecureTransport="false")
    assert not applied.cloudfront("ListBucket")
    for action in (*WRITING, *NOBODY_S):
        assert not applied.cloudfront(action, PICTURE)


@pytest.mark.long
@pytest.mark.parametrize(
    "caller",
    [
        Caller("*"),
        Caller("AWS", "arn:aws:iam::999999999999:root"),
        Caller("Service", "s3.amazonaws.com"),
    ],
    ids=["anonymous", "another account", "another service"],
)
def test_strangers_read_and_write_nothing(applied: Applied, caller: Caller):
    for action in ("GetObject", "ListBucket", *WRITING, *NOBODY_S):
        for key in ("", PICTURE, ORIGINAL):
            assert not applied.asks(caller, action, key)


@pytest.mark.long
def test_shop_s_role_keeps_files_in_the_two_folders_over_tls(applied: Applied):
    task = applied.role("task")

    for action in ("GetObject", *WRITING):
        assert all(applied.asks(task, action, key) for key in (PICTURE, ORIGINAL))
        assert not applied.asks(task, action, "other/x")
        assert not applied.asks(task, action, ORIGINAL, aws_SecureTransport="false")
    assert applied.asks(task, "ListBucket")
    for action in NOBODY_S:
        assert not any(applied.asks(task, action, key) for key in ("", PICTURE, ORIGINAL))


@pytest.mark.long
@pytest.mark.parametrize("name", ["execution", "migrate"])
def test_other_roles_touch_no_file(applied: Applied, name: str):
    for action in ("GetObject", "ListBucket", *WRITING, *NOBODY_S):
        for key in ("", PICTURE, ORIGINAL):
            assert not applied.asks(applied.role(name), action, key)


@pytest.mark.long
def test_administrator_s_secret_is_read_by_the_migration_alone(applied: Applied):
    request = Request("secretsmanager:GetSecretValue", applied.secret, TLS)

    readers = {
        name for name in applied.roles
        if is_allowed(applied.role(name), request, {"Statement": []})
    }  # fmt: skip

    assert readers == {"migrate"}


ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": f"{BUCKET}/media/*"}
DENY = ALLOW | {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
OURS = ALLOW | {
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Condition": {"StringEquals": {"AWS:SourceArn": "arn:ours"}},
}
CLOUDFRONT = Caller("Service", "cloudfront.amazonaws.com")


@pytest.mark.parametrize(
    ("statements", "caller", "action", "key", "context", "allowed"),
    [
        ([], Caller("*"), "GetObject", PICTURE, {}, False),
        ([ALLOW], Caller("*"), "GetObject", PICTURE, {}, True),
        ([ALLOW], Caller("*"), "getobjectacl", PICTURE, {}, True),
        ([ALLOW], Caller("*"), "PutObject", PICTURE, {}, False),
        ([ALLOW], Caller("*"), "GetObject", ORIGINAL, {}, False),
        ([ALLOW], Caller("*"), "GetObject", "Media/x", {}, False),
        ([ALLOW, DENY], Caller("*"), "GetObject", PICTURE, TLS, True),
        ([ALLOW, DENY], Caller("*"), "GetObject", PICTURE, {"aws:SecureTransport": "false"}, False),
        ([OURS], CLOUDFRONT, "GetObject", PICTURE, {"aws:SourceArn": "arn:ours"}, True),
        ([OURS], CLOUDFRONT, "GetObject", PICTURE, {"aws:SourceArn": "arn:other"}, False),
        ([OURS], CLOUDFRONT, "GetObject", PICTURE, {}, False),
        ([OURS], Caller("*"), "GetObject", PICTURE, {"aws:SourceArn": "arn:ours"}, False),
    ],
)
def test_evaluator_follows_the_rules(statements, caller, action, key, context, allowed):
    request = Request(f"s3:{action}", f"{BUCKET}/{key}", context)

    assert is_allowed(caller, request, {"Statement": statements}) is allowed


@pytest.mark.parametrize(
    "odd",
    [
        {"Condition": {"NumericLessThan": {"s3:max-keys": "1"}}},
        {"NotAction": "s3:Get*"},
        {"NotPrincipal": "*"},
    ],
)
def test_evaluator_refuses_what_it_does_not_know(odd: dict[str, Any]):
    request = Request("s3:GetObject", f"{BUCKET}/{PICTURE}")

    with pytest.raises(KeyError):
        is_allowed(Caller("*"), request, {"Statement": [ALLOW | odd]})
