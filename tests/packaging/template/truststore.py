"""The truststore's bucket, and the function that publishes into it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .access import listed, permissions, statements
from .made import Made
from .promises import Twin, promise
from .source import ROOT

_BUCKET = "TruststoreBucket.Properties"
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_DOMAIN = "Api.Properties.Domain.MutualTlsAuthentication"
_RULE = f"{_BUCKET}.LifecycleConfiguration.Rules.0"
_CRLS = f"{_BUCKET}.LifecycleConfiguration.Rules.1"
#: The types whose only place is a stack that publishes its own truststore.
KINDS = ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Custom::Truststore", "AWS::IAM::RolePolicy")


def publishes(made: Made) -> bool:
    return not made.parameters["TruststoreUri"]


@promise(
    Twin("nowhere", {"TruststoreBucket.Condition": "HasOwnershipCertificate"}),
    Twin("though there is one", {"TruststoreBucket.Condition": None}, "existing truststore"),
    Twin("without a function", {"TruststorePublisher.Condition": "Traces"}),
    Twin(
        "roles for nothing",
        {"TruststorePublisherRole.Condition": None},
        "existing truststore",
    ),
)
def a_truststore_is_published_unless_one_is_given(made: Made) -> Iterator[str]:
    for kind in KINDS:
        if len(made.of(kind)) != publishes(made):
            yield f"{len(made.of(kind))} of {kind}"
    functions = set(made.of("AWS::Lambda::Function"))
    others = {"ApiFunction", "ExpiryWatcher"}
    if functions != {*others, *(["TruststorePublisher"] if publishes(made) else [])}:
        yield f"the functions are {functions}"
    parts = [name for name in made.resources if name.startswith("Truststore")]
    if not publishes(made) and parts:
        yield f"there are {parts}"


@promise(
    *(
        Twin(f"{block} off", {f"{_BUCKET}.PublicAccessBlockConfiguration.{block}": False})
        for block in _BLOCKS
    ),
    Twin("no block", {f"{_BUCKET}.PublicAccessBlockConfiguration": None}),
    Twin(
        "owned by who writes",
        {f"{_BUCKET}.OwnershipControls.Rules.0.ObjectOwnership": "ObjectWriter"},
    ),
    Twin("ACLs", {f"{_BUCKET}.OwnershipControls": None}),
    Twin("an ACL", {f"{_BUCKET}.AccessControl": "PublicRead"}),
    Twin("a web site", {f"{_BUCKET}.WebsiteConfiguration": {"IndexDocument": "index.html"}}),
)
def the_bucket_cannot_be_public(made: Made) -> Iterator[str]:
    for name, bucket in made.of("AWS::S3::Bucket").items():
        blocks = bucket.get("PublicAccessBlockConfiguration", {})
        yield from (f"{name}: {block}" for block in _BLOCKS if blocks.get(block) is not True)
        rules = bucket.get("OwnershipControls", {}).get("Rules")
        if rules != [{"ObjectOwnership": "BucketOwnerEnforced"}]:
            yield f"{name} is owned by {rules}"
        yield from (
            f"{name}: {key}" for key in ("AccessControl", "WebsiteConfiguration") if key in bucket
        )


@promise(
    Twin("no versions", {f"{_BUCKET}.VersioningConfiguration": None}),
    Twin("no new versions", {f"{_BUCKET}.VersioningConfiguration.Status": "Suspended"}),
    Twin("gone with the stack", {"TruststoreBucket.DeletionPolicy": "Delete"}),
    Twin("gone when replaced", {"TruststoreBucket.UpdateReplacePolicy": None}),
    Twin("gone after a year", {f"{_RULE}.ExpirationInDays": 365}),
    Twin("old ones gone", {f"{_RULE}.NoncurrentVersionExpiration": {"NoncurrentDays": 30}}),
    Twin("old ones gone with the CRLs", {f"{_CRLS}.Prefix": None}),
    Twin("with another prefix", {f"{_CRLS}.Prefix": "truststore"}),
    Twin("the CRL in force gone", {f"{_CRLS}.ExpirationInDays": 7}),
)
def the_bucket_keeps_every_version_of_a_truststore(made: Made) -> Iterator[str]:
    for name, bucket in made.of("AWS::S3::Bucket").items():
        if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield f"{name} has {bucket.get('VersioningConfiguration')}"
        yield from not_kept(made, name)
        for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", []):
            goes = {"NoncurrentVersionExpiration"} if rule.get("Prefix") == "crl/" else set()
            yield from (f"{name}: {key}" for key in rule if "Expir" in key and key not in goes)


def not_kept(made: Made, name: str) -> Iterator[str]:
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        if made.resources[name].get(policy) != "Retain":
            yield f"{name} has {policy} {made.resources[name].get(policy)}"


_DENIAL = "TruststoreBucketPolicy.Properties.PolicyDocument.Statement.0"


@promise(
    Twin("objects alone", {f"{_DENIAL}.Resource": {"Fn::Sub": "${TruststoreBucket.Arn}/*"}}),
    Twin("the bucket alone", {f"{_DENIAL}.Resource.1": None}),
    Twin("the other way round", {f"{_DENIAL}.Condition.Bool.aws:SecureTransport": "true"}),
    Twin("never", {f"{_DENIAL}.Condition.Bool": {"aws:MultiFactorAuthPresent": "false"}}),
    Twin("reading alone", {f"{_DENIAL}.Action": "s3:GetObject"}),
    Twin("for some", {f"{_DENIAL}.Principal": {"AWS": "123456789012"}}),
    Twin("of another bucket", {"TruststoreBucketPolicy.Properties.Bucket": "another"}),
    Twin("until the stack goes", {"TruststoreBucketPolicy.DeletionPolicy": None}),
)
def the_bucket_is_never_read_without_tls(made: Made) -> Iterator[str]:
    for name in made.of("AWS::S3::Bucket"):
        wanted = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"${{{name}.Arn}}", f"${{{name}.Arn}}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        policy, properties = made.one("AWS::S3::BucketPolicy")
        says = [
            {key: value for key, value in one.items() if key != "Sid"}
            for one in statements(properties["PolicyDocument"])
        ]
        if properties["Bucket"] != f"${{{name}}}" or wanted not in says:
            yield f"{policy} of {properties['Bucket']} says {says}"
        yield from not_kept(made, policy)


def s3_permissions(made: Made, role: str) -> dict[str, set[str]]:
    """What *role* may do in S3: resource → actions."""
    found: dict[str, set[str]] = {}
    for whose, statement in permissions(made):
        for action in listed(statement.get("Action", [])):
            if action.startswith("s3:") and whose == role:
                for resource in listed(statement["Resource"]):
                    found.setdefault(resource, set()).add(action)
    return found


#: What aws/publisher/bucket.py calls needs this (head_object and get_object of a version; a put
#: that is conditional reads), and the right to list, for S3 to say 404 and not 403.
_OBJECT = {"s3:PutObject", "s3:GetObject", "s3:GetObjectVersion"}
_LISTS = {"s3:ListBucketVersions", "s3:ListBucket"}
_MAY = "TruststorePublisherPermissions.Properties.PolicyDocument.Statement"


@promise(
    *(
        Twin(f"no {action}", {f"{_MAY}.1.Action": sorted(_OBJECT - {action})})
        for action in sorted(_OBJECT)
    ),
    Twin("no list", {f"{_MAY}.2.Action": ["s3:ListBucket"]}),
    Twin("deletes", {f"{_MAY}.1.Action.3": "s3:DeleteObjectVersion"}),
    Twin("any key", {f"{_MAY}.1.Resource": {"Fn::Sub": "${TruststoreBucket.Arn}/*"}}),
    Twin("another bucket", {f"{_MAY}.1.Resource": "arn:aws:s3:::another/truststore.pem"}),
    Twin("another object", {"Truststore.Properties.Key": "bundle.pem"}),
    Twin(
        "the wrong role",
        {"TruststorePublisherPermissions.Properties.RoleName": {"Ref": "ApiFunctionRole"}},
    ),
)
def the_publisher_may_do_its_work_and_nothing_else(made: Made) -> Iterator[str]:
    if not publishes(made):
        return
    key = made.one("Custom::Truststore")[1]["Key"]
    bucket = f"${{{made.one('AWS::S3::Bucket')[0]}.Arn}}"
    found = s3_permissions(made, "TruststorePublisherRole")
    if found != {bucket: _LISTS, f"{bucket}/{key}": _OBJECT}:
        yield f"in S3 it may {found}"
    roles = {role for role, one in permissions(made) if "s3:PutObject" in listed(one.get("Action"))}
    role = made.of("AWS::Lambda::Function")["TruststorePublisher"]["Role"]
    if {f"${{{one}.Arn}}" for one in roles} != {role}:
        yield f"{roles} may, and it has {role}"


@promise(
    Twin("by another name", {f"{_DOMAIN}.TruststoreVersion.Fn::If.1.Fn::GetAtt.1": "Version"}),
    Twin("in an output", {"Outputs.TruststoreUri.Value.Fn::If.1.Fn::GetAtt.1": "URI"}),
)
def the_publisher_answers_what_is_asked_of_it(made: Made) -> Iterator[str]:
    """CloudFormation learns what a custom resource has from its answer alone."""
    text = json.dumps([made.resources, made.outputs])
    handler = (ROOT / "aws/publisher/handler.py").read_text()
    for name in sorted(set(re.findall(r"\$\{Truststore\.(\w+)\}", text))):
        if f'"{name}": ' not in handler:
            yield f"{name} is not in the answer"


def _truststore(made: Made) -> Mapping[str, Any]:
    return made.one("Custom::Truststore")[1]


@promise(
    Twin("never again", {"Truststore.Properties.PackedWith": "1"}),
    Twin(
        "by the alias", {"Truststore.Properties.PackedWith": {"Ref": "TruststorePublisher.Alias"}}
    ),
    Twin(
        "by the other function's",
        {"Truststore.Properties.PackedWith": {"Ref": "ApiFunction.Version"}},
    ),
    Twin("an hour", {"Truststore.Properties.ServiceTimeout": None}),
    Twin("less than it takes", {"Truststore.Properties.ServiceTimeout": 60}),
    Twin(
        "asked of another",
        {"Truststore.Properties.ServiceToken": {"Fn::GetAtt": ["ApiFunction", "Arn"]}},
    ),
    Twin("into another bucket", {"Truststore.Properties.Bucket": "another"}),
)
def cloudformation_asks_the_publisher_whenever_it_was_packed_anew(made: Made) -> Iterator[str]:
    if not publishes(made):
        return
    versions = made.of("AWS::Lambda::Version").items()
    own = [f"${{{name}}}" for name, v in versions if v["FunctionName"] == "${TruststorePublisher}"]
    asks = _truststore(made)
    if [asks["PackedWith"]] != own:
        yield f"PackedWith is {asks['PackedWith']}, and the version is {own}"
    if (asks["ServiceToken"], asks["Bucket"]) != (
        "${TruststorePublisher.Arn}",
        "${TruststoreBucket}",
    ):
        yield f"{asks['ServiceToken']} is asked for {asks['Bucket']}"
    takes = made.of("AWS::Lambda::Function")["TruststorePublisher"]["Timeout"]
    # It may be called again after a crash, and its answer takes a moment.
    if not takes + 30 <= int(asks.get("ServiceTimeout", 3600)) <= 300:
        yield f"it may take {takes} s, and CloudFormation waits {asks.get('ServiceTimeout')}"
