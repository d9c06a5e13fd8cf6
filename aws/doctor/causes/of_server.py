"""The server's certificate, and the clocks."""

from .cause import Cause, error, warning

_SHOW = "openssl s_client -connect {address} -servername {host} -showcerts </dev/null"
_ACM = "aws acm describe-certificate --certificate-arn ARN"

ROWS: tuple[Cause, ...] = (
    error(
        "doctor.clock.off",
        seen="certificates are not yet valid, or have expired, that are good elsewhere",
        cause="the server's clock and this machine's differ by more than 5 minutes",
        remedy="set the one that is wrong",
        command="date -u && timedatectl set-ntp true",
    ),
    error(
        "doctor.server.self-signed",
        seen="curl: (60) self-signed certificate",
        cause="the server's certificate signed itself: no CA vouches for it",
        remedy="give the server a certificate of a CA that its clients trust; on a laptop",
        command="python -m pki issue server {host}",
        explains=("doctor.server.wrong-name",),
    ),
    error(
        "doctor.server.chain-incomplete",
        seen="curl: (60) unable to get local issuer certificate, though a browser is content",
        cause="the server shows its own certificate alone, and who issued it is unknown: the"
        " intermediate CA is missing",
        remedy="let the server send the intermediate too (in ACM: import it as"
        " --certificate-chain), or name the CA with --ca",
        command=_SHOW,
    ),
    error(
        "doctor.server.wrong-chain",
        seen="curl: (60) unable to get local issuer certificate",
        cause="the server sends CA certificates that did not issue its own",
        remedy="let it send its own certificate first, then the CA that issued it, and so on",
        command=_SHOW,
    ),
    error(
        "doctor.server.untrusted",
        seen="curl: (60) self-signed certificate in certificate chain, or unable to get local"
        " issuer certificate",
        cause="the server's certificate is of a CA that is not trusted here",
        remedy="name its CA with --ca (on a laptop: --ca .pki/ca.pem), if it is the right server",
        command="curl --cacert CA.pem {url}",
    ),
    error(
        "doctor.server.unfit",
        seen="curl: (60) unsuitable certificate purpose, EE key too small, CA md too weak",
        cause="the server's certificate, or a CA's above it, is not made for that: it is for"
        " clients, is weak, or breaks a constraint of its CA",
        remedy="have it made as one of a server, with SHA-256 and RSA 2048 or P-256",
        command=_SHOW,
    ),
    error(
        "doctor.server.expired",
        seen="curl: (60) certificate has expired",
        cause="the server's certificate, or a CA's above it, has expired; ACM does not renew what"
        " was imported",
        remedy="renew it (on a laptop: python -m pki issue server NAME --renew), or see why ACM"
        " did not",
        command=_ACM,
    ),
    error(
        "doctor.server.not-yet-valid",
        seen="curl: (60) certificate is not yet valid",
        cause="the server's certificate, or a CA's above it, begins later; or the clock is wrong",
        remedy="wait until then, or set the clock",
        command="date -u",
    ),
    warning(
        "doctor.server.expires-soon",
        seen="nothing yet",
        cause="the server's certificate expires within 30 days, or is in the last third of a short"
        " lifetime",
        remedy="renew it (on a laptop: python -m pki issue server NAME --renew), or see whether ACM"
        " will",
        command=_ACM,
    ),
    error(
        "doctor.server.wrong-name",
        seen="curl: (60) no alternative certificate subject name matches",
        cause="the certificate is for other names than the one that is called",
        remedy="call it by one of its names, or have a certificate made for this one (in API"
        " Gateway: is it the domain's, and does DNS lead to it?)",
        command=_SHOW,
    ),
    error(
        "doctor.server.unreadable",
        seen="curl: (35), with an error of OpenSSL's own",
        cause="the server's certificate is malformed",
        remedy="have another one made",
        command=_SHOW,
    ),
    warning(
        "doctor.server.not-verified",
        seen="nothing",
        cause="the connection in which the certificate was to be verified failed",
        remedy="ask again",
        command="openssl s_client -connect {address} -servername {host} {openssl_ca} </dev/null",
    ),
)
