"""A certificate authority for the tests: it issues, revokes, and answers like a real one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from signed_samples import NOW, TAX_CODE

from signing.errors import RevocationUnreadable

OCSP_URL = "http://ocsp.example.vn/"
CRL_URL = "http://crl.example.vn/ca.crl"
DAY = timedelta(days=1)


def name(text: str, tax_code: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, text)]
    if tax_code:
        parts.append(x509.NameAttribute(NameOID.USER_ID, f"MST:{tax_code}"))
    return x509.Name(parts)


@dataclass
class House:
    """An issuer. ``revoked`` is serial number → (when, reason).

    The fields below are open to change: what a test breaks, it breaks here.
    """

    title: str = "CA"
    parent: "House | None" = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    revoked: dict[int, tuple[datetime, x509.ReasonFlags]] = field(default_factory=dict)
    clock: datetime = NOW
    lasts: timedelta | None = DAY
    responder: "tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None" = None
    list_extensions: list[tuple[x509.ExtensionType, bool]] = field(default_factory=list)
    ocsp_url: str = OCSP_URL

    def __post_init__(self) -> None:
        self.certificate = (self.parent or self).issue(
            name(self.title),
            self.key,
            x509.BasicConstraints(ca=True, path_length=None),
            start=NOW - 300 * DAY,
            end=NOW + 3000 * DAY,
        )

    def issue(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *extensions: x509.ExtensionType,
        start: datetime = NOW - 30 * DAY,
        end: datetime = NOW + 300 * DAY,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name(self.title))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )
        for extension in (*extensions, *addresses(self.ocsp_url)):
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self.key, hashes.SHA256())

    def seller(self, **changes: datetime) -> x509.Certificate:
        return self.issue(name("SÔNG HÀN", TAX_CODE), ec.generate_private_key(ec.SECP256R1()), **changes)

    def let_answer(self, *, usage: bool = True, by: "House | None" = None) -> None:
        """From now on a responder of its own answers."""
        key = ec.generate_private_key(ec.SECP256R1())
        extensions = [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])] if usage else []
        self.responder = ((by or self).issue(name("Responder"), key, *extensions), key)

    def revoke(
        self,
        certificate: x509.Certificate,
        when: datetime = NOW - DAY,
        reason: x509.ReasonFlags = x509.ReasonFlags.superseded,
    ) -> None:
        self.revoked[certificate.serial_number] = (when, reason)

    def ocsp_answer(self, certificate: x509.Certificate) -> bytes:
        when, reason = self.revoked.get(certificate.serial_number, (None, None))
        status = ocsp.OCSPCertStatus.REVOKED if when else ocsp.OCSPCertStatus.GOOD
        signer, key = self.responder or (self.certificate, self.key)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                certificate,
                self.certificate,
                hashes.SHA256(),
                status,
                self.clock,
                None if self.lasts is None else self.clock + self.lasts,
                when,
                reason,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer)
        )
        if self.responder:
            builder = builder.certificates([signer])
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    def crl(self, encoding: Encoding = Encoding.DER) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(name(self.title))
            .last_update(self.clock)
            .next_update(self.clock + (self.lasts or DAY))
        )
        for extension, critical in self.list_extensions:
            builder = builder.add_extension(extension, critical=critical)
        for serial, (when, reason) in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
            builder = builder.add_revoked_certificate(
                entry.add_extension(x509.CRLReason(reason), critical=False).build()
            )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(encoding)

    def fetch_for(self, *certificates: x509.Certificate) -> "Network":
        return Network({one.serial_number: (self, one) for one in certificates})


@dataclass
class Network:
    """As ``revocation.Fetch``: hands questions to the house of the certificate asked about."""

    houses: dict[int, tuple[House, x509.Certificate]]
    away: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def __call__(self, url: str, body: bytes | None) -> bytes:
        self.asked.append(url)
        if url in self.away:
            raise RevocationUnreadable(f"{url} does not answer")
        if body is None:
            return next(iter(self.houses.values()))[0].crl()
        house, certificate = self.houses[ocsp.load_der_ocsp_request(body).serial_number]
        return house.ocsp_answer(certificate)


def addresses(ocsp_url: str = OCSP_URL) -> list[x509.ExtensionType]:
    return [
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url)
                )
            ]
        ),
        x509.CRLDistributionPoints(
            [x509.DistributionPoint([x509.UniformResourceIdentifier(CRL_URL)], None, None, None)]
        ),
    ]
