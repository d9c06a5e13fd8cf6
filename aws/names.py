"""Whether a certificate's name is that of a domain."""


def covers(pattern: str, name: str) -> bool:
    """Whether a certificate for *pattern* is one for *name* (RFC 9525, 6.3).

    "*" stands for exactly one label, and only for the first.
    """
    pattern, name = pattern.lower(), name.lower()
    if pattern.startswith("*."):
        label, _, rest = name.partition(".")
        return bool(label) and rest == pattern[2:]
    return pattern == name
