"""Bearer tokens that are bound to the caller's certificate (RFC 8705, 3)."""
