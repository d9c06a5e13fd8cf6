"""AWS's refusals, with the words that it was seen to use; a source beside each that has one."""

from __future__ import annotations


class Refusal(Exception):
    """An error answer: HTTP *status*, AWS's *code* and *message*."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequestException", message)


def not_found(what: str) -> Refusal:
    """As moto and LocalStack recorded it: Invalid domain name identifier specified."""
    return Refusal(404, "NotFoundException", f"Invalid {what} identifier specified")


def conflict(message: str) -> Refusal:
    return Refusal(409, "ConflictException", message)


def too_many_requests() -> Refusal:
    # aws/chalice#2043, amplify-education/serverless-domain-manager#132
    return Refusal(429, "TooManyRequestsException", "Too Many Requests")


def update_in_progress() -> Refusal:
    # aws/chalice#1986: ConflictException of UpdateDomainName while the domain was UPDATING
    return conflict("There is already an update in progress")


def of_load_balancing(code: str, message: str) -> Refusal:
    """ELBv2 answers 400 to whatever is the caller's fault."""
    return Refusal(400, code, message)


def not_served(service: str, operation: str) -> Refusal:
    """No word of AWS's: the test asks for what nobody wrote yet."""
    return Refusal(501, "NotServedByTheFake", f"tests/fakes serves no {service}:{operation}")
