"""Where steps say what they do and what they find."""

from collections.abc import Callable
from dataclasses import dataclass

from pki.findings import Finding, errors

from .errors import AwsRefused


@dataclass(frozen=True, slots=True)
class Terminal:
    """*say* is for progress, *show* for what was found."""

    say: Callable[[str], None]
    show: Callable[[list[Finding]], None]

    def stop_at_errors(self, found: list[Finding], state: str, hint: str) -> None:
        """Show what was found; AwsRefused if it is an error: stopped, *state*."""
        self.show(found)
        count = len(errors(found))
        if count:
            raise AwsRefused(f"stopped at {count} error{'s' * (count != 1)}: {state}", hint)
