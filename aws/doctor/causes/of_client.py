"""Who is asked for a certificate, who comes in without, and why one with it does not."""

from .cause import ALB, ALERTS, DOMAIN_403, NGINX, REST, Cause, error, warning

_EXPLAIN = "python -m pki explain {cert} --truststore {truststore}"
_IN_FORCE = "python -m aws status {host}"
#: How a certificate is refused, by whatever front.
_REFUSALS = (
    "doctor.client.refused",
    "doctor.client.closed",
    "doctor.client.not-in-force",
    "doctor.http.forbidden",
    "doctor.http.bad-certificate",
    "doctor.service.certificate-not-valid-now",
    "doctor.service.certificate-untrusted",
)

ROWS: tuple[Cause, ...] = (
    error(
        "doctor.asks.nothing",
        seen="the handshake succeeds without a certificate; 403 certificate-required, at best",
        cause="the server asks no client for a certificate: mutual TLS is off",
        remedy="switch it on: a truststore for the domain (API Gateway), mode verify (ALB),"
        " ssl_verify_client on (nginx)",
        command=_IN_FORCE,
        source=REST,
        explains=(
            "doctor.client.not-in-force",
            "doctor.client.other-truststore",
            "doctor.service.certificate-required",
        ),
    ),
    error(
        "doctor.asks.other-cas",
        seen="browsers and Java send no certificate, and the server refuses all the same",
        cause="the server names the CAs whose certificates it takes, and none of them issued this"
        " one",
        remedy="present a certificate of one of them, or add its CA to the truststore",
        command="python -m pki explain --connect {address} {ca} --cert {cert} --key {key}",
        source="RFC 8446, 4.2.4",
        explains=_REFUSALS,
    ),
    error(
        "doctor.client.unreadable",
        seen="curl: (58) unable to set certificate file",
        cause="the file is not there, or holds no certificate in PEM or DER",
        remedy="give the client's certificate, the leaf first",
        command="openssl x509 -in {cert} -noout -subject",
    ),
    error(
        "doctor.client.key-encrypted",
        seen="curl asks for a pass phrase, and a service that starts by itself cannot",
        cause="the private key is encrypted, and nobody is asked for its passphrase here",
        remedy="give a copy without one, for yourself alone",
        command="(umask 077; openssl pkey -in {key} -out plain.key)",
    ),
    error(
        "doctor.client.key-of-another",
        seen="curl: (58) unable to set private key file, key values mismatch",
        cause="the private key is that of another certificate",
        remedy="compare the public keys",
        command="openssl x509 -in {cert} -noout -pubkey; openssl pkey -in {key} -pubout",
    ),
    error(
        "doctor.client.key-unreadable",
        seen="curl: (58) unable to set private key file",
        cause="the file is not there, or holds no private key in PEM",
        remedy="give the private key that the certificate was made for",
        command="openssl pkey -in {key} -noout",
    ),
    error(
        "doctor.client.expired",
        seen='403 {"message":"Forbidden"} (API Gateway), or the handshake fails (ALB)',
        cause="the client's certificate has expired",
        remedy="renew it, by its CA; one of ours",
        command="python -m pki issue client NAME --renew",
        source=REST,
        explains=(*_REFUSALS, "doctor.client.would-be-refused"),
    ),
    error(
        "doctor.client.not-yet-valid",
        seen='403 {"message":"Forbidden"} (API Gateway), or the handshake fails (ALB)',
        cause="the client's certificate begins later; or a clock is wrong",
        remedy="wait until then, or set the clock",
        command="openssl x509 -in {cert} -noout -dates; date -u",
        source=REST,
        explains=(*_REFUSALS, "doctor.client.would-be-refused"),
    ),
    warning(
        "doctor.client.expires-soon",
        seen="nothing yet",
        cause="the client's certificate expires within 30 days, or is in the last third of a short"
        " lifetime",
        remedy="renew it, by its CA; one of ours",
        command="python -m pki issue client NAME --renew",
    ),
    error(
        "doctor.client.would-be-refused",
        seen='403 {"message":"Forbidden"} (API Gateway), or the handshake fails (ALB)',
        cause="the certificate breaks a rule of the front: its CA is not in the truststore, the"
        " chain is incomplete or too long, key or signature are too weak, it is not for clients",
        remedy="see each certificate of its path, and what mends it",
        command=_EXPLAIN,
        source="docs/lint.md, docs/parity.md",
        explains=_REFUSALS,
    ),
    warning(
        "doctor.client.not-everywhere",
        seen="it works here, and not elsewhere",
        cause="API Gateway and ALB do not take the same certificates, and other servers take more",
        remedy="see which, and why",
        command=_EXPLAIN,
        source="docs/parity.md",
    ),
    error(
        "doctor.client.not-in-force",
        seen="a certificate of a CA that was added to the truststore is still refused",
        cause="the truststore that was given would let it in, and the server does not: another one"
        " is in force. A copy in S3 changes nothing until the domain is moved to its version",
        remedy="put yours in force (python -m aws truststore push FILE DOMAIN; on a laptop: make"
        " reload); see which one is",
        command=_IN_FORCE,
        source=REST,
        explains=(
            "doctor.client.refused",
            "doctor.client.closed",
            "doctor.http.forbidden",
            "doctor.http.bad-certificate",
        ),
    ),
    warning(
        "doctor.client.other-truststore",
        seen="a certificate that should be refused is let in",
        cause="the server takes a certificate that the truststore that was given would not let in:"
        " another one is in force",
        remedy="see which version is in force",
        command=_IN_FORCE,
        source=REST,
    ),
    error(
        "doctor.client.refused-unknown-ca",
        seen="curl: (56) tlsv1 alert unknown ca",
        cause="the CA that issued the client's certificate is not in the truststore",
        remedy="add it, and all above it up to the root",
        command=_EXPLAIN,
        source=ALERTS,
    ),
    error(
        "doctor.client.refused-expired",
        seen="curl: (56) sslv3 alert certificate expired",
        cause="by the server's clock the client's certificate, or its CA's, has expired",
        remedy="renew it, or set the server's clock",
        command="openssl x509 -in {cert} -noout -dates",
        source=ALERTS,
    ),
    error(
        "doctor.client.refused-revoked",
        seen="curl: (56) sslv3 alert certificate revoked",
        cause="a CRL that the server has (ALB: a revocation list of its trust store) names the"
        " client's certificate",
        remedy="the client needs a new certificate",
        command="openssl x509 -in {cert} -noout -serial",
        source=ALERTS,
    ),
    error(
        "doctor.client.refused",
        seen="curl: (56), with another alert: bad certificate, access denied, handshake failure",
        cause="the server refuses the client's certificate, for a reason that its alert does not"
        " tell",
        remedy="see what a front would have against it",
        command=_EXPLAIN,
        source=ALERTS,
    ),
    error(
        "doctor.client.closed",
        seen="curl: (52) Empty reply from server, or (56) connection reset",
        cause="the server closes the connection without a word: so do ALB and the local nginx with"
        " a certificate that they refuse, and so does a server that crashes",
        remedy="see what a front would have against it, then the log (ALB: the connection log)",
        command=_EXPLAIN,
        source=ALB,
    ),
    error(
        "doctor.anonymous.accepted",
        seen="curl without --cert gets 200",
        cause="a client without a certificate is served: the terminator does not insist on one, and"
        " nobody behind it does",
        remedy="switch mutual TLS on, in a mode that insists: a truststore for the domain (API"
        " Gateway), mode verify (ALB), ssl_verify_client on (nginx)",
        command="curl -i {ca} {url}",
        source=REST,
    ),
    warning(
        "doctor.anonymous.answered",
        seen="curl without --cert gets 404, 405 or a redirect",
        cause="a client without a certificate reaches the API, which only lacks that path: what"
        " else does it serve?",
        remedy="ask for a path that exists",
        command="python -m aws doctor {url} {ca}",
    ),
    error(
        "doctor.http.bad-certificate",
        seen="400, a page that says: the SSL certificate error, or no required SSL certificate",
        cause="an nginx refuses the client's certificate: unknown CA, expired, too deep",
        remedy="see what a front would have against it, then nginx's error log at level info",
        command=_EXPLAIN,
        source=NGINX,
    ),
    error(
        "doctor.http.forbidden",
        seen='403 {"message":"Forbidden"}, ForbiddenException',
        cause="API Gateway refuses: the client's certificate; or nothing is mapped to the path, the"
        " default endpoint is off, an API key is missing, or WAF said no. The execution log has a"
        " line if it was the certificate",
        remedy="give --truststore to see which, then look into the log",
        command="aws logs tail API-Gateway-Execution-Logs_API/STAGE --since 1h --filter-pattern"
        " '\"Access denied\"'",
        source=DOMAIN_403,
    ),
)
