"""One JSON line a request, in the names of API Gateway's $context variables.

AWS: "Variables for access logging for API Gateway". The PEM is not among them.
"""

from __future__ import annotations

import json
import logging

from .client_cert import ClientCert
from .request import Call
from .response import Response

_log = logging.getLogger("proxy.access")


class Line:
    """What is known of a request so far."""

    def __init__(self, call: Call, method: str, target: str, stage: str) -> None:
        self._fields: dict[str, object] = {
            "requestId": call.request_id,
            "extendedRequestId": call.extended_request_id,
            "requestTime": call.clf_time,
            "requestTimeEpoch": call.epoch_ms,
            "httpMethod": method,
            "path": target.partition("?")[0],
            "protocol": "HTTP/1.1",
            "stage": stage,
        }

    def identity(self, source_ip: str, user_agent: str | None) -> None:
        """Who asked."""
        self._fields |= {"identity.sourceIp": source_ip, "identity.userAgent": user_agent}

    def certificate(self, certificate: ClientCert) -> None:
        """With which certificate, let in or not."""
        self._fields |= {
            "identity.clientCert.subjectDN": certificate.subject_dn,
            "identity.clientCert.issuerDN": certificate.issuer_dn,
            "identity.clientCert.serialNumber": certificate.serial_number,
            "identity.clientCert.validity.notBefore": certificate.not_before,
            "identity.clientCert.validity.notAfter": certificate.not_after,
        }

    def integration(self, seconds: float, status: int) -> None:
        """How the function fared: *status* as from Lambda, 200 if it answered at all."""
        self._fields |= {
            "integration.latency": round(seconds * 1000),
            "integration.status": status,
        }

    def write(self, response: Response, seconds: float) -> None:
        """Log the line."""
        fields = self._fields | {
            "status": response.status,
            "responseLength": len(response.body),
            "responseLatency": round(seconds * 1000),
        }
        if response.cause is not None:
            fields |= {
                "error.responseType": response.cause.value,
                "error.message": _message(response.body),
                "error.because": response.because,
            }
        _log.info("%s", json.dumps(fields))


def _message(body: bytes) -> str:
    said = json.loads(body)
    return str(said.get("message") or said["title"])
