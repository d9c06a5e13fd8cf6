"""A function that answers with the very event that reached it."""

from __future__ import annotations

import json
from typing import Any


def handler(event: Any, _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.dumps(event)}
