"""Keys and XML signatures: who signs, how it is written, and whether it is right.

>>> from datetime import UTC, datetime
>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> from signing.keys import Pkcs12Key, throwaway_pkcs12
>>> from signing.passphrase import Secret
>>> from signing.verify import verify_document
>>> from signing.xmldsig import XmlSigner, content_digest
>>> now, phrase = datetime(2026, 11, 23, 2, 15, tzinfo=UTC), Secret("example")
>>> with TemporaryDirectory() as folder:
...     throwaway_pkcs12(Path(folder, "key.p12"), phrase, "0409990010", "Sông Hàn", now, 30)
...     signer = XmlSigner(Pkcs12Key.open(Path(folder, "key.p12"), phrase))
>>> content = b'<DLHDon Id="HD1"><NDHDon><NBan><MST>0409990010</MST></NBan></NDHDon></DLHDon>'
>>> signature = signer.sign(content_digest(content), "HD1", "NBan-HD1", now)
>>> signed = b"<HDon>" + content + b"<DSCKS><NBan>" + signature + b"</NBan></DSCKS></HDon>"
>>> verify_document(signed).valid
True
>>> verify_document(signed.replace(b"<MST>0", b"<MST>1")).signatures[0].problem
'the content has been changed: the digest of /HDon/DLHDon does not fit'

========================================  ==========================================================
who signs: ``keys.open_key``              ``file_keys``, ``token_key`` (PKCS#11), ``windows_key`` (CNG),
                                          ``remote_key`` (CSC API); PINs: ``passphrase``, ``pin_guard``
whether the certificate counts            ``certificates``, ``trust``, ``revocation`` (``ocsp``,
                                          ``crl``, ``revocation_memory``), ``expiry``
writing                                   ``xmldsig``
verifying: ``verify.verify_document``     ``safe_xml``, ``document_checks``, ``places``,
                                          ``signature_reading``, ``canonical``, ``profile_checks``
========================================  ==========================================================

Writing signatures (``xmldsig``) and verifying them (``verify``) share nothing but the names of the
algorithms, so that one cannot hide the other's mistakes. The package imports nothing of ours but ``errors``.
"""
