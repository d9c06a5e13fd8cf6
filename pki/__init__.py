"""Certificates for mutual TLS: root, issuing CA, client and server leaves, truststore."""
