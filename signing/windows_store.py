"""The Windows certificate store and CNG, by ctypes: the few functions that a signature needs.

Numbers and structures are those of wincrypt.h, ncrypt.h and bcrypt.h. What the answers mean for a shop is
decided in ``windows_key``.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import POINTER, byref, c_int32, c_ubyte, c_uint32, c_void_p, c_wchar_p, sizeof
from typing import TYPE_CHECKING, Any

from signing.errors import KeyUnsupported

if TYPE_CHECKING:
    from collections.abc import Callable

CERT_STORE_PROV_SYSTEM_W = 10
CERT_SYSTEM_STORE_CURRENT_USER = 0x00010000
CERT_SYSTEM_STORE_LOCAL_MACHINE = 0x00020000
CERT_STORE_OPEN_EXISTING_FLAG = 0x00004000
CERT_STORE_READONLY_FLAG = 0x00008000
X509_ASN_ENCODING = 0x00000001
CERT_FIND_SHA1_HASH = 0x00010000
CRYPT_ACQUIRE_COMPARE_KEY_FLAG = 0x00000004
CRYPT_ACQUIRE_SILENT_FLAG = 0x00000040
CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG = 0x00040000
NCRYPT_SILENT_FLAG = 0x00000040
BCRYPT_PAD_PKCS1 = 0x00000002
CRYPT_E_NOT_FOUND = 0x80092004
_LARGEST_SIGNATURE = 1024  # bytes; RSA-4096 has 512


class CryptBlob(ctypes.Structure):
    """CRYPT_INTEGER_BLOB, by which a thumbprint is given."""

    _fields_ = (("size", c_uint32), ("data", POINTER(c_ubyte)))


class CertContext(ctypes.Structure):
    """CERT_CONTEXT."""

    _fields_ = (
        ("encoding", c_uint32),
        ("encoded", POINTER(c_ubyte)),
        ("size", c_uint32),
        ("info", c_void_p),
        ("store", c_void_p),
    )


class Pkcs1Padding(ctypes.Structure):
    """BCRYPT_PKCS1_PADDING_INFO."""

    _fields_ = (("algorithm", c_wchar_p),)


# Library, function: result, arguments. Handles are pointers wide.
PROTOTYPES: dict[str, tuple[str, object, tuple[object, ...]]] = {
    "CertOpenStore": ("crypt32", c_void_p, (c_void_p, c_uint32, c_void_p, c_uint32, c_wchar_p)),
    "CertFindCertificateInStore": (
        "crypt32",
        POINTER(CertContext),
        (c_void_p, c_uint32, c_uint32, c_uint32, POINTER(CryptBlob), c_void_p),
    ),
    "CryptAcquireCertificatePrivateKey": (
        "crypt32",
        c_int32,
        (POINTER(CertContext), c_uint32, c_void_p, POINTER(c_void_p), POINTER(c_uint32), POINTER(c_int32)),
    ),
    "CertFreeCertificateContext": ("crypt32", c_int32, (POINTER(CertContext),)),
    "CertCloseStore": ("crypt32", c_int32, (c_void_p, c_uint32)),
    "NCryptSetProperty": ("ncrypt", c_int32, (c_void_p, c_wchar_p, c_void_p, c_uint32, c_uint32)),
    "NCryptSignHash": (
        "ncrypt",
        c_int32,
        (c_void_p, c_void_p, c_void_p, c_uint32, c_void_p, c_uint32, POINTER(c_uint32), c_uint32),
    ),
    "NCryptFreeObject": ("ncrypt", c_int32, (c_void_p,)),
}


class CngFailed(Exception):
    """A function has answered with an error; ``status`` as Windows numbers it, without sign."""

    def __init__(self, function: str, status: int) -> None:
        super().__init__(f"{function}: 0x{status & 0xFFFFFFFF:08X}")
        self.status = status & 0xFFFFFFFF


class WindowsStore:
    """The personal certificates ("MY") of this user or computer."""

    def __init__(self) -> None:
        """Load the system's libraries.

        Raises:
            KeyUnsupported: this is not Windows.
        """
        self._call = _functions()

    def open(self, thumbprint: bytes, *, machine: bool) -> tuple[bytes, int]:
        """The certificate with that SHA-1 thumbprint in DER, and a handle of its private key.

        Raises:
            CngFailed: the store, certificate or key is not there, or the key is not one of CNG.
        """
        place = CERT_SYSTEM_STORE_LOCAL_MACHINE if machine else CERT_SYSTEM_STORE_CURRENT_USER
        flags = place | CERT_STORE_OPEN_EXISTING_FLAG | CERT_STORE_READONLY_FLAG
        store = self._call["CertOpenStore"](CERT_STORE_PROV_SYSTEM_W, 0, None, flags, "MY")
        if not store:
            raise CngFailed("CertOpenStore", _last_error())
        try:
            return self._in(store, thumbprint)
        finally:
            self._call["CertCloseStore"](store, 0)

    def _in(self, store: int, thumbprint: bytes) -> tuple[bytes, int]:
        blob = CryptBlob(len(thumbprint), (c_ubyte * len(thumbprint)).from_buffer_copy(thumbprint))
        context = self._call["CertFindCertificateInStore"](
            store, X509_ASN_ENCODING, 0, CERT_FIND_SHA1_HASH, byref(blob), None
        )
        if not context:
            raise CngFailed("CertFindCertificateInStore", CRYPT_E_NOT_FOUND)
        try:
            der = ctypes.string_at(context.contents.encoded, context.contents.size)
            key, kind, to_be_freed = c_void_p(), c_uint32(), c_int32()
            flags = (
                CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG
                | CRYPT_ACQUIRE_SILENT_FLAG
                | CRYPT_ACQUIRE_COMPARE_KEY_FLAG
            )
            acquire = self._call["CryptAcquireCertificatePrivateKey"]
            if not acquire(context, flags, None, byref(key), byref(kind), byref(to_be_freed)):
                raise CngFailed("CryptAcquireCertificatePrivateKey", _last_error())
            return der, int(key.value or 0)
        finally:
            self._call["CertFreeCertificateContext"](context)

    def set_pin(self, key: int, pin: str) -> None:
        """Give a smart card's PIN to the key, for all signatures by this handle.

        Raises:
            CngFailed: not taken. Cards say of a wrong PIN here or when they sign.
        """
        data = ctypes.create_unicode_buffer(pin)
        try:
            status = self._call["NCryptSetProperty"](
                key, "SmartCardPin", data, sizeof(data), NCRYPT_SILENT_FLAG
            )
        finally:
            ctypes.memset(data, 0, sizeof(data))
        if status:
            raise CngFailed("NCryptSetProperty", status)

    def sign(self, key: int, hashed: bytes, pkcs1: str | None) -> bytes:
        """Sign a hash: with RSA and PKCS#1 v1.5 padding for the hash that ``pkcs1`` names (``SHA256``), with
        ECDSA (r||s) where that is None. No window is ever shown: nobody sits before a daemon.

        Raises:
            CngFailed: no signature.
        """
        padding = byref(Pkcs1Padding(pkcs1)) if pkcs1 else None
        value, size = (c_ubyte * _LARGEST_SIGNATURE)(), c_uint32()
        flags = NCRYPT_SILENT_FLAG | (BCRYPT_PAD_PKCS1 if pkcs1 else 0)
        status = self._call["NCryptSignHash"](
            key, padding, hashed, len(hashed), value, _LARGEST_SIGNATURE, byref(size), flags
        )
        if status:
            raise CngFailed("NCryptSignHash", status)
        return bytes(value[: size.value])

    def free(self, key: int) -> None:
        """Give a handle back."""
        self._call["NCryptFreeObject"](key)


def _functions() -> dict[str, Callable[..., Any]]:
    if sys.platform != "win32":
        raise KeyUnsupported("the Windows certificate store is on Windows only")
    libraries = {name: ctypes.WinDLL(name, use_last_error=True) for name in ("crypt32", "ncrypt")}
    functions = {}
    for name, (library, result, arguments) in PROTOTYPES.items():
        function = getattr(libraries[library], name)
        function.restype, function.argtypes = result, arguments
        functions[name] = function
    return functions


def _last_error() -> int:
    if sys.platform != "win32":
        return 0
    return ctypes.get_last_error()
