from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from signed_samples import NOW, Handmade, content, invoice, signer_of

from signing.errors import CertificateUntrusted
from signing.keys import Pkcs12Key
from signing.trust import check_chain, is_trusted
from signing.verify import verify_document


@pytest.fixture(scope="module")
def root(issuer_private: rsa.RSAPrivateKey) -> Pkcs12Key:
    return signer_of(issuer_private, name="ROOT", tax_code=None, ca=True)


@pytest.fixture(scope="module")
def middle(other_private: rsa.RSAPrivateKey, root: Pkcs12Key) -> Pkcs12Key:
    return signer_of(other_private, name="CA", tax_code=None, ca=True, issuer=root)


def trusted(leaf: Pkcs12Key, *chain: Pkcs12Key, trust: Pkcs12Key) -> bool:
    others = [one.certificate for one in chain]
    return is_trusted(leaf.certificate, others, [trust.certificate], NOW)


def test_itself_issued_and_by_way_of_another(
    private: rsa.RSAPrivateKey, root: Pkcs12Key, middle: Pkcs12Key, key: Pkcs12Key
) -> None:
    by_root, by_middle = signer_of(private, issuer=root), signer_of(private, issuer=middle)
    assert trusted(key, trust=key)
    assert trusted(by_root, trust=root)
    assert trusted(by_middle, trust=middle)
    assert trusted(by_middle, middle, trust=root)
    assert not trusted(by_middle, trust=root)
    assert not trusted(by_root, trust=middle)
    assert not trusted(key, root, middle, trust=root)


def test_the_chain_itself(private: rsa.RSAPrivateKey, root: Pkcs12Key, middle: Pkcs12Key) -> None:
    leaf = signer_of(private, issuer=middle).certificate
    others, roots = [root.certificate, middle.certificate], [root.certificate]
    assert check_chain(leaf, others, roots, NOW) == (leaf, middle.certificate, root.certificate)
    assert check_chain(leaf, [], [leaf], NOW) == (leaf,)
    with pytest.raises(
        CertificateUntrusted, match="no chain leads from the certificate of UID=MST:0409990010"
    ):
        check_chain(leaf, [], roots, NOW)


def test_a_chain_in_x509data_is_followed(
    private: rsa.RSAPrivateKey, root: Pkcs12Key, middle: Pkcs12Key
) -> None:
    signature = Handmade(signer_of(private, issuer=middle), content(), certificates=[middle.certificate])
    document = invoice(signature.write(), data=content())
    assert verify_document(document, trust=[root.certificate]).valid
    signature.certificates = []
    assert not verify_document(invoice(signature.write(), data=content()), trust=[root.certificate]).valid


def test_only_authorities_issue(private: rsa.RSAPrivateKey, other_private: rsa.RSAPrivateKey) -> None:
    shop = signer_of(other_private, name="A SHOP")
    assert not trusted(signer_of(private, issuer=shop), trust=shop)


def test_an_issuers_name_alone_is_nothing(private: rsa.RSAPrivateKey, root: Pkcs12Key) -> None:
    false_root = signer_of(private, name="ROOT", tax_code=None, ca=True)
    assert false_root.certificate.subject == root.certificate.subject
    assert not trusted(signer_of(private, issuer=false_root), trust=root)


def test_path_length_and_time_of_issuers(
    private: rsa.RSAPrivateKey, other_private: rsa.RSAPrivateKey, issuer_private: rsa.RSAPrivateKey
) -> None:
    short = signer_of(issuer_private, name="ROOT 0", tax_code=None, ca=True, path_length=0)
    middle = signer_of(other_private, name="CA 0", tax_code=None, ca=True, issuer=short)
    assert trusted(signer_of(private, issuer=short), trust=short)
    assert not trusted(signer_of(private, issuer=middle), middle, trust=short)
    old = signer_of(issuer_private, name="OLD", tax_code=None, ca=True, end=NOW - timedelta(days=1))
    assert not trusted(signer_of(private, issuer=old), trust=old)


def test_a_circle_of_issuers_ends(
    private: rsa.RSAPrivateKey, other_private: rsa.RSAPrivateKey, key: Pkcs12Key
) -> None:
    first = signer_of(private, name="A", tax_code=None, ca=True)
    second = signer_of(other_private, name="B", tax_code=None, ca=True, issuer=first)
    first_by_second = signer_of(private, name="A", tax_code=None, ca=True, issuer=second)
    assert not trusted(first_by_second, second, first_by_second, first, trust=key)
