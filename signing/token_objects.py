"""Finding a private key and its certificate among what is stored on a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import pkcs11
from cryptography import x509
from pkcs11 import Attribute, ObjectClass
from pkcs11 import exceptions as ck
from pkcs11.types import SignMixin

from signing.errors import KeyAway, KeyRefused, KeySettingInvalid, PrivateKeyMissing

if TYPE_CHECKING:
    from pkcs11 import Object, Session, Token
    from pkcs11._pkcs11 import lib

    from signing.token_uri import TokenUri

_MOST_OBJECTS = 256  # of one kind; a taxpayer's token has one to five


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A private key that can sign, with the certificate of the same Id."""

    private: SignMixin
    certificate: x509.Certificate
    label: str


def load_module(path: str) -> lib:
    """The token maker's library, loaded once and initialised.

    Raises:
        KeySettingInvalid: there is no such library.
        KeyAway: it does not start.
    """
    try:
        return pkcs11.lib(path)
    except ck.PKCS11Error as error:
        if type(error) is ck.PKCS11Error:  # the class itself only where the loader has failed
            raise KeySettingInvalid(f"the token's library {path} cannot be loaded") from None
        raise KeyAway(f"the token's library {path} does not start: {error_name(error)}") from None


def matching_tokens(library: lib, uri: TokenUri) -> list[Token]:
    """The tokens that are there and fit."""
    found = []
    for slot in library.get_slots(token_present=True):
        if uri.slot is not None and slot.slot_id != uri.slot:
            continue
        try:
            token = slot.get_token()
        except ck.PKCS11Error:
            continue  # pulled out meanwhile, or a card of another kind: not ours
        facts = (token.label, token.serial.decode(errors="replace"), token.manufacturer_id, token.model)
        wanted = (uri.token, uri.serial, uri.manufacturer, uri.model)
        if all(one is None or one.strip() == fact.strip() for one, fact in zip(wanted, facts, strict=True)):
            found.append(token)
    return found


def pick_pair(session: Session, uri: TokenUri, known: x509.Certificate | None = None) -> TokenPair:
    """The one key that fits, with its certificate; the ``known`` one goes before all others.

    Raises:
        PrivateKeyMissing: none fits, or it has no certificate.
        KeySettingInvalid: several fit.
        KeyRefused: the key may not be used for signing.
    """
    certificates = _certificates(session)
    wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if uri.id is not None:
        wanted[Attribute.ID] = uri.id
    pairs: list[TokenPair] = []
    for private in _objects(session, wanted):
        identity, label = _attribute(private, Attribute.ID), _attribute(private, Attribute.LABEL)
        of_key = [one for one in certificates if one.identity == identity]
        if uri.object is None or uri.object in (label, *(one.label for one in of_key)):
            if not isinstance(private, SignMixin):
                raise KeyRefused(f"the private key {label!r} on the token may not be used for signing")
            if of_key:
                # A key that was certified again keeps its Id: the newest certificate counts that has begun.
                newest = _newest([one.certificate for one in of_key], datetime.now(UTC))
                pairs.append(TokenPair(private, newest, str(label or of_key[0].label)))
            if any(one.certificate == known for one in of_key) and known is not None:
                return TokenPair(private, known, str(label))
    if not pairs:
        raise PrivateKeyMissing(f"the token has no private key with a certificate that fits ({uri})")
    if len(pairs) > 1:
        labels = ", ".join(sorted(repr(pair.label) for pair in pairs))
        raise KeySettingInvalid(f"the token has several keys, name one by object= or id=: {labels}")
    return pairs[0]


def _newest(certificates: list[x509.Certificate], now: datetime) -> x509.Certificate:
    """The newest that is valid already; the newest of all where none is."""
    begun = [one for one in certificates if one.not_valid_before_utc <= now]
    return max(begun or certificates, key=lambda one: one.not_valid_before_utc)


def error_name(error: ck.PKCS11Error) -> str:
    """What the library said, as PKCS#11 calls it less its CKR_."""
    return type(error).__name__


@dataclass(frozen=True, slots=True)
class _Certificate:
    identity: object
    label: object
    certificate: x509.Certificate


def _certificates(session: Session) -> list[_Certificate]:
    found = []
    for stored in _objects(session, {Attribute.CLASS: ObjectClass.CERTIFICATE}):
        try:
            certificate = x509.load_der_x509_certificate(bytes(stored[Attribute.VALUE]))
        except (ValueError, TypeError, x509.InvalidVersion):
            continue  # not the one that is looked for
        identity, label = _attribute(stored, Attribute.ID), _attribute(stored, Attribute.LABEL)
        found.append(_Certificate(identity, label, certificate))
    return found


def _objects(session: Session, wanted: dict[Attribute, object]) -> list[Object]:
    return list(islice(session.get_objects(wanted), _MOST_OBJECTS))


def _attribute(stored: Object, name: Attribute) -> object:
    try:
        value: object = stored[name]
    except (ck.AttributeTypeInvalid, ck.AttributeSensitive):
        return None
    return value
