"""From the URL to TLS: nobody is there, or somebody else."""

from .cause import REST, Cause, error, warning

_SHOW = "openssl s_client -connect {address} -servername {host} </dev/null"
_DOMAINS = "aws apigateway get-domain-names --query 'items[].[domainName,regionalDomainName]'"
#: What is asked of a name that API Gateway made is asked in vain.
_ASKED_IN_VAIN = ("doctor.asks.", "doctor.client.", "doctor.http.", "doctor.server.")

ROWS: tuple[Cause, ...] = (
    error(
        "doctor.url.http",
        seen="the URL begins with http://",
        cause="mutual TLS is part of a TLS handshake, and plain HTTP has none",
        remedy="call it by https",
        command="python -m aws doctor https://{host}{path}",
    ),
    error(
        "doctor.url.default-endpoint",
        seen="ID.execute-api.REGION.amazonaws.com asks for no certificate, or says 403 Forbidden",
        cause="mutual TLS is a custom domain's: the endpoint that every API has knows none, and"
        " should be switched off",
        remedy="call the custom domain",
        command=_DOMAINS,
        source=REST,
        explains=_ASKED_IN_VAIN,
    ),
    error(
        "doctor.url.regional-name",
        seen="d-ID.execute-api.REGION.amazonaws.com shows a certificate of another name, or"
        " answers 403 Forbidden",
        cause="it is where a custom domain's DNS record points to: API Gateway finds the domain by"
        " the name that is asked for",
        remedy="call the custom domain by its own name",
        command=_DOMAINS,
        source=REST,
        explains=_ASKED_IN_VAIN,
    ),
    error(
        "doctor.dns.no-name",
        seen="curl: (6) Could not resolve host",
        cause="the name has no address: its record is missing, mistyped, or not published yet",
        remedy="make it a CNAME, or an alias, of the domain's regional name",
        command="aws apigateway get-domain-name --domain-name {host} --query regionalDomainName",
    ),
    error(
        "doctor.dns.no-answer",
        seen="curl: (6) Could not resolve host, after some seconds",
        cause="no DNS server answers this machine",
        remedy="see whether it is online, and which servers it asks",
        command="cat /etc/resolv.conf",
    ),
    error(
        "doctor.dns.other-target",
        seen="another certificate than the domain's, or 403 Forbidden from somebody else's API",
        cause="the DNS record leads elsewhere than to the domain's regional name",
        remedy="correct the record, and wait until its time to live has passed",
        command="dig +noall +answer {host}",
        source="API Gateway: Set up a Regional custom domain name",
    ),
    error(
        "doctor.tcp.refused",
        seen="curl: (7) Connection refused",
        cause="nobody listens on that port of that address",
        remedy="start it (on a laptop: make up), or correct the port",
        command="curl -v {url}",
    ),
    error(
        "doctor.tcp.no-answer",
        seen="curl: (28) Connection timed out",
        cause="packets are dropped on the way: a firewall, a security group, a wrong address",
        remedy="let this port through, for this client",
        command="curl -v --connect-timeout 5 {url}",
    ),
    error(
        "doctor.tcp.unreachable",
        seen="curl: (7) No route to host, or Network is unreachable",
        cause="there is no way from here to that address",
        remedy="see the way to it",
        command="ip route get {ip}",
    ),
    warning(
        "doctor.tcp.some-addresses",
        seen="some calls work, and some take long or fail",
        cause="the name has several addresses, and not all of them answer",
        remedy="take the dead ones out of the record, or bring them to life",
        command="dig +noall +answer {host} A {host} AAAA",
    ),
    error(
        "doctor.tls.plain-http",
        seen="curl: (35) wrong version number",
        cause="plain HTTP is spoken on that port",
        remedy="give the port of HTTPS, or let the listener speak TLS",
        command="curl -i http://{address}/",
    ),
    error(
        "doctor.tls.not-tls",
        seen="curl: (35) wrong version number, and no answer to http:// either",
        cause="something else than TLS is spoken on that port",
        remedy="correct the port",
        command=_SHOW,
    ),
    error(
        "doctor.tls.silent",
        seen="the connection is made, and then nothing happens",
        cause="whoever listens says nothing to a TLS handshake: it hangs, or waits for another"
        " protocol to begin",
        remedy="restart what listens there, or correct the port",
        command=_SHOW,
    ),
    error(
        "doctor.tls.closed",
        seen="curl: (35) SSL_ERROR_SYSCALL, or Connection reset by peer",
        cause="the connection ends before the server has shown a certificate: a load balancer"
        " without a living target, a server without a certificate, or a box in between",
        remedy="look into the log of whoever listens there",
        command=_SHOW,
    ),
    error(
        "doctor.tls.only-old",
        seen="curl: (35) unsupported protocol, or protocol version",
        cause="the server speaks TLS 1.1 at most; a domain with mutual TLS speaks 1.2 or newer",
        remedy="set the security policy TLS_1_2 (API Gateway), or ssl_protocols TLSv1.2 TLSv1.3",
        command=_SHOW,
        source=REST,
    ),
    warning(
        "doctor.tls.old-too",
        seen="nothing; a scanner finds it",
        cause="the server speaks TLS 1.1 or 1.0 beside newer versions",
        remedy="set the security policy TLS_1_2 (API Gateway), or ssl_protocols TLSv1.2 TLSv1.3",
        command="openssl s_client -tls1_1 -cipher DEFAULT:@SECLEVEL=0 -connect {address}"
        " </dev/null",
        source="RFC 8996",
    ),
    error(
        "doctor.tls.version",
        seen="curl: (35) tlsv1 alert protocol version",
        cause="the server has no version of TLS in common with us, who speak 1.2 and 1.3",
        remedy="let it speak TLS 1.2 and 1.3",
        command=_SHOW,
    ),
    error(
        "doctor.tls.unknown-name",
        seen="curl: (35) tlsv1 unrecognized name",
        cause="the server knows no site of that name (SNI)",
        remedy="correct the name, or give the server a site of that name",
        command=_SHOW,
    ),
    error(
        "doctor.tls.refused",
        seen="curl: (35) sslv3 alert handshake failure",
        cause="the server ends the handshake before it shows a certificate: there is no cipher in"
        " common, or it has no certificate for that name",
        remedy="see its log, and which ciphers and certificates it has",
        command=_SHOW,
    ),
    error(
        "doctor.tls.malformed",
        seen="curl: (35), with an error of OpenSSL's own",
        cause="what the server says is no proper handshake, or more than one",
        remedy="see what it says",
        command=f"{_SHOW} -msg".replace(" </dev/null -msg", " -msg </dev/null"),
    ),
)
