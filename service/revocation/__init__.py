"""Whether a certificate is revoked: an index made of CRLs, kept up to date, and asked."""
