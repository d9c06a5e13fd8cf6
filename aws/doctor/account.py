"""The questions to AWS: side by side, each bounded, and none that changes anything."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from aws import status
from aws.account import Account
from aws.domain import NotFound
from aws.errors import AwsRefused, asking
from aws.facts import Unasked
from aws.pin import Place
from aws.status import Status

from .inside import Inside, Refusals
from .names import Lookup, Names, resolve
from .task import Task

_T = TypeVar("_T")
#: How far back the execution log is read. What is refused now may come into it a minute later.
SINCE = timedelta(hours=1)
_DENIED = "Access denied. Reason: "
_EVENTS = 100
_ABSENT = {"ResourceNotFoundException", "NoSuchPublicAccessBlockConfiguration"}
_HTTPS = 443
_ROUNDS = 3  # who we are; the status; and what follows from it


def begin(ask: Callable[[], Inside], seconds: float) -> Callable[[], Inside]:
    """Begin to *ask*; what is returned waits for the answers, and says why there are none."""
    task = Task(ask)

    def wait() -> Inside:
        try:
            return task.result(_ROUNDS * seconds)
        except TimeoutError:
            said = f"no answer in {_ROUNDS * seconds:g} s"
            return Inside(unasked=(Unasked("AWS", "", said),))
        except AwsRefused as refused:
            return Inside(unasked=(Unasked("AWS", refused.action, refused.message),))

    return wait


class Questions:
    """Questions about one domain, each in its time; what cannot be asked is in `unasked`."""

    def __init__(self, account: Account, now: datetime, seconds: float) -> None:
        self._account, self._now, self._seconds = account, now, seconds
        self.unasked: list[Unasked] = []

    def about(self, name: str, base: str, lookup: Lookup) -> Inside:
        """Return what there is to know of the domain *name*; nothing is raised.

        *base*: of default endpoints, as default_endpoint.url has it.
        """
        try:
            ask = partial(status.read, self._account, name, self._now, base)
            found = self._task("status", ask)()
        except NotFound as absent:
            return Inside(absent=absent.message)
        if found is None:
            return Inside(unasked=tuple(self.unasked))
        target = found.domain.target
        asked_target = Task(partial(resolve, target, _HTTPS, lookup, self._seconds))
        public = self._task("public access", partial(self._is_public, found))
        refusals = self._task("execution log", lambda: list(self._refusals(found)))
        alarms = self._task("alarms", partial(self._alarms, found))
        content = found.stored.content
        return Inside(
            status=found,
            target=_or_none(asked_target, self._seconds) if target else None,
            truststore=content.certificates or None if content else None,
            truststore_name=found.domain.truststore_uri,
            is_public=public(),
            refusals=refusals(),
            alarms=alarms(),
            unasked=tuple(self.unasked),
        )

    def _task(self, about: str, call: Callable[[], _T]) -> Callable[[], _T | None]:
        """Begin *call*; what is returned waits for it, and notes why there is no answer."""
        task = Task(call)

        def wait() -> _T | None:
            try:
                return task.result(self._seconds)
            except TimeoutError:
                said = f"AWS gave no answer in {self._seconds:g} s"
                self.unasked.append(Unasked(about, "", said))
            except NotFound:
                raise
            except AwsRefused as refused:
                self.unasked.append(Unasked(about, refused.action, refused.message))
            return None

        return wait

    def _is_public(self, found: Status) -> bool | None:
        if not found.domain.has_mutual_tls:
            return None
        bucket = Place.of(found.domain.truststore_uri).bucket
        s3 = self._account.client("s3")
        try:
            with asking(f"see who may reach {bucket!r}", "s3:GetBucketPublicAccessBlock"):
                said = s3.get_public_access_block(Bucket=bucket)
            if all(said["PublicAccessBlockConfiguration"].values()):
                return False
        except AwsRefused as refused:
            if refused.code not in _ABSENT:
                raise
        return self._has_public_policy(s3, bucket)

    def _has_public_policy(self, s3: Any, bucket: str) -> bool:  # noqa: ANN401  (of botocore)
        try:
            with asking(f"see the policy of {bucket!r}", "s3:GetBucketPolicyStatus"):
                said = s3.get_bucket_policy_status(Bucket=bucket)
        except AwsRefused as refused:
            if refused.code == "NoSuchBucketPolicy":
                return False
            raise
        return bool(said["PolicyStatus"]["IsPublic"])

    def _refusals(self, found: Status) -> Iterator[Refusals]:
        logs, since = self._account.client("logs"), self._now - SINCE
        for api in filter(None, found.apis.values()):
            if api.kind != "REST":
                continue  # HTTP APIs have no execution log
            for stage in api.stages:
                yield self._read_log(logs, f"API-Gateway-Execution-Logs_{api.id}/{stage}", since)

    def _read_log(self, logs: Any, group: str, since: datetime) -> Refusals:  # noqa: ANN401
        try:
            with asking(f"read the log {group}", "logs:FilterLogEvents"):
                events = logs.filter_log_events(
                    logGroupName=group,
                    startTime=int(since.timestamp() * 1000),
                    filterPattern='"Access denied"',
                    limit=_EVENTS,
                )["events"]
        except AwsRefused as refused:
            if refused.code in _ABSENT:
                return Refusals(group, since, is_there=False)
            raise
        reasons: dict[str, int] = {}
        for event in sorted(events, key=lambda one: one["timestamp"], reverse=True):
            _, denied, reason = event["message"].partition(_DENIED)
            if denied:
                words = reason.splitlines()[0].strip()
                reasons[words] = reasons.get(words, 0) + 1
        return Refusals(group, since, reasons)

    def _alarms(self, found: Status) -> Sequence[tuple[str, datetime]]:
        stack = found.domain.stack_name
        if not stack:
            return ()
        watch = self._account.client("cloudwatch")
        with asking(f"see the alarms of {stack}", "cloudwatch:DescribeAlarms"):
            said = watch.describe_alarms(AlarmNamePrefix=f"{stack}-", StateValue="ALARM")
        return [
            (one["AlarmName"], one["StateUpdatedTimestamp"])
            for one in said.get("MetricAlarms", ())
            if one["StateValue"] == "ALARM"
        ]


def _or_none(task: Task[Names], seconds: float) -> Names | None:
    try:
        return task.result(seconds + 1)
    except TimeoutError:
        return None
