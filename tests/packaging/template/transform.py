"""Run by the Python that has samtranslator: jobs as JSON in, what SAM makes of them as JSON out."""

import importlib
import json
import sys
from typing import Any


def transformed(job: dict[str, Any], session: Any) -> dict[str, Any]:
    """Return the template without Transform, as AWS makes it, or {"refused": why}."""
    translator = importlib.import_module("samtranslator.translator.translator")
    parser = importlib.import_module("samtranslator.parser.parser")
    if "refused" in job:
        return job
    template = job["template"]
    for resource in template["Resources"].values():
        code = resource.get("Properties", {})
        # What `sam package` does; the key still says where the code lies.
        if resource["Type"] == "AWS::Serverless::Function" and "CodeUri" in code:
            code["CodeUri"] = f"s3://code/{code['CodeUri']}"
    sam = translator.Translator({}, parser.Parser(), boto_session=session)
    try:
        made: dict[str, Any] = sam.translate(template, job["parameters"], {})
    except Exception as error:  # noqa: BLE001  (SAM says what is wrong by many kinds of them)
        return {"refused": str(getattr(error, "causes", repr(error)))}
    return made


def main() -> None:
    """Answer {"parse": text} with what SAM reads there, {"jobs": […], "region": …} one by one."""
    asked = json.load(sys.stdin)
    if "parse" in asked:
        answer = importlib.import_module("samtranslator.yaml_helper").yaml_parse(asked["parse"])
    else:
        session = importlib.import_module("boto3.session").Session(region_name=asked["region"])
        answer = [transformed(job, session) for job in asked["jobs"]]
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
