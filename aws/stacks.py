"""Stacks of CloudFormation, as it describes them."""

from .account import Account
from .errors import AwsRefused, asking
from .facts import Stack


def read(account: Account, name: str) -> Stack | None:
    """Return the stack *name* with its resources, or None if there is none."""
    client = account.client("cloudformation")
    try:
        with asking(f"read the stack {name!r}", "cloudformation:DescribeStacks"):
            (found,) = client.describe_stacks(StackName=name)["Stacks"]
    except AwsRefused as refused:
        if refused.code == "ValidationError" and "not exist" in refused.message:
            return None
        raise
    with asking(f"list the resources of {name!r}", "cloudformation:ListStackResources"):
        pages = list(client.get_paginator("list_stack_resources").paginate(StackName=name))
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return Stack(
        name=found["StackName"],
        status=found["StackStatus"],
        parameters={
            one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())
        },
        outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
        resources={
            one["LogicalResourceId"]: (one["ResourceType"], one.get("PhysicalResourceId", ""))
            for one in resources
        },
    )
