"""Errors of keys, pass phrases and signatures.

::

    SigningError                     E-SIGN-000
    ├── PassphraseSourceInvalid      E-SIGN-001  not env:…, file:… or keyring:…/…
    ├── PassphraseMissing            E-SIGN-002  the source holds no pass phrase
    ├── PassphraseWrong              E-SIGN-003  the key file does not open with it
    ├── KeyFileMissing               E-SIGN-004
    ├── KeyFileInvalid               E-SIGN-005  not PKCS#12, too large, not to be read
    ├── SecretFileExposed            E-SIGN-006  key or pass phrase file that others may read
    ├── PrivateKeyMissing            E-SIGN-007  no private key, or no certificate of it
    ├── KeyUnsupported               E-SIGN-008  a kind or size of key that we do not sign with
    ├── CertificateExpired           E-SIGN-009
    ├── CertificateNotYetValid       E-SIGN-010
    ├── CertificateUnreadable        E-SIGN-011
    ├── SignatureInputInvalid        E-SIGN-012  an Id, digest or time that cannot be signed
    ├── KeyFileExists                E-SIGN-013  a throw-away key would replace a key
    ├── KeySettingInvalid            E-SIGN-014  the configuration's key setting cannot be read
    ├── KeyAway                      E-SIGN-015  token pulled out, service not there: try again
    ├── KeyRefused                   E-SIGN-016  will not sign until a person has done something
    │   ├── PinWrong                 E-SIGN-017  the token or service does not take the PIN
    │   └── PinLocked                E-SIGN-018  no try is left, or the last one is not risked
    ├── CertificateForeign           E-SIGN-019  of another taxpayer than the seller
    ├── XmlRefused                   E-SIGN-020
    │   ├── XmlMalformed             E-SIGN-021  not XML
    │   ├── XmlTooLarge              E-SIGN-022  bytes, parts or depth above the limit
    │   └── XmlForbidden             E-SIGN-023  DTD, entities, an encoding that is not UTF-8
    ├── SignatureRefused             E-SIGN-030  the verifier's answer no, with its reason
    ├── RevocationUnreadable         E-SIGN-040  an OCSP answer or CRL that proves nothing
    ├── RevocationUnknown            E-SIGN-041  nobody can say now, and the policy is strict
    ├── CertificateRevoked           E-SIGN-042
    └── CertificateUntrusted         E-SIGN-043  no chain to a configured root
"""

from errors import ThunganError


class SigningError(ThunganError):
    """Root of the errors of keys and signatures."""

    code = "E-SIGN-000"


class PassphraseSourceInvalid(SigningError):
    """The configuration names a pass phrase source that does not exist."""

    code = "E-SIGN-001"
    advice_vi = "Trong config.toml dùng env:TÊN, file:ĐƯỜNG_DẪN hoặc keyring:DỊCH_VỤ/TÊN."
    advice_en = "In config.toml use env:NAME, file:PATH or keyring:SERVICE/USER."


class PassphraseMissing(SigningError):
    """The source is there in name, but holds no pass phrase."""

    code = "E-SIGN-002"
    advice_vi = "Đặt mật khẩu của chứng thư số vào nơi đã khai trong config.toml."
    advice_en = "Put the certificate's pass phrase where config.toml says it is."
    exit_code = 3


class PassphraseWrong(SigningError):
    """The key file does not open with this pass phrase."""

    code = "E-SIGN-003"
    advice_vi = "Nhập lại mật khẩu do nhà cung cấp chứng thư số cấp."
    advice_en = "Enter the pass phrase given out with the certificate again."
    exit_code = 3


class KeyFileMissing(SigningError):
    """There is no key file at that path."""

    code = "E-SIGN-004"
    advice_vi = "Kiểm tra đường dẫn tệp .p12/.pfx trong config.toml."
    advice_en = "Check the path of the .p12/.pfx file in config.toml."


class KeyFileInvalid(SigningError):
    """A file that is not PKCS#12, or cannot be read."""

    code = "E-SIGN-005"
    advice_vi = "Chọn đúng tệp .p12/.pfx do nhà cung cấp chứng thư số cấp."
    advice_en = "Choose the .p12/.pfx file that the certificate's provider gave you."


class SecretFileExposed(SigningError):
    """A key or pass phrase file that other users of this computer may read."""

    code = "E-SIGN-006"
    advice_vi = "Chỉ để tài khoản chạy thungan đọc được tệp (chmod 600), và đổi mật khẩu nếu đã lộ."
    advice_en = "Let only thungan's own account read it (chmod 600); change the pass phrase if it got out."
    exit_code = 3


class PrivateKeyMissing(SigningError):
    """A key file without private key, or without the certificate that belongs to it."""

    code = "E-SIGN-007"
    advice_vi = "Xuất lại chứng thư số kèm khóa bí mật (PKCS#12)."
    advice_en = "Export the certificate again together with its private key (PKCS#12)."


class KeyUnsupported(SigningError):
    """A key that this profile does not sign with."""

    code = "E-SIGN-008"
    advice_vi = "Dùng khóa RSA từ 2048 bit hoặc ECDSA P-256, tệp PKCS#12 mã hóa AES hoặc 3DES."
    advice_en = "Use an RSA key of at least 2048 bits or ECDSA P-256, in a PKCS#12 file with AES or 3DES."


class CertificateExpired(SigningError):
    """The certificate's time is over."""

    code = "E-SIGN-009"
    advice_vi = "Gia hạn chứng thư số và đăng ký lại với cơ quan thuế (mẫu 01/ĐKTĐ-HĐĐT)."
    advice_en = "Renew the certificate and register it with the tax authority (form 01/ĐKTĐ-HĐĐT)."
    exit_code = 3


class CertificateNotYetValid(SigningError):
    """The certificate's time has not begun, or this computer's clock is behind."""

    code = "E-SIGN-010"
    advice_vi = "Kiểm tra ngày giờ của máy; chứng thư số chưa đến ngày hiệu lực."
    advice_en = "Check the computer's clock; the certificate is not valid yet."
    exit_code = 3


class CertificateUnreadable(SigningError):
    """Bytes that are not an X.509 certificate."""

    code = "E-SIGN-011"
    advice_vi = "Chọn đúng tệp chứng thư số (.cer, .crt, .pem)."
    advice_en = "Choose a certificate file (.cer, .crt, .pem)."


class SignatureInputInvalid(SigningError):
    """An Id, digest or signing time that cannot stand in a signature: a mistake of the caller."""

    code = "E-SIGN-012"
    exit_code = 70


class KeyFileExists(SigningError):
    """A throw-away key is never written over a key that is there."""

    code = "E-SIGN-013"
    advice_vi = "Chọn tên tệp khác, hoặc tự xóa tệp khóa cũ nếu chắc chắn không còn dùng."
    advice_en = "Choose another file name, or delete the old key file yourself if nothing needs it."


class KeySettingInvalid(SigningError):
    """A key setting that names no kind of key, or lacks a part."""

    code = "E-SIGN-014"
    advice_vi = "Sửa mục khóa ký (key) trong config.toml theo tài liệu về chứng thư số."
    advice_en = "Correct the key setting in config.toml as the page on keys describes it."


class KeyAway(SigningError):
    """The key cannot be reached now. Trying again later, without a person, may be all that it takes."""

    code = "E-SIGN-015"
    advice_vi = "Cắm lại USB token hoặc kiểm tra mạng tới dịch vụ ký; thungan tự thử lại, vẫn bán hàng được."
    advice_en = (
        "Plug the token in, or check the network to the signing service; thungan tries again by itself."
    )
    exit_code = 3


class KeyRefused(SigningError):
    """The key's place answers and says no: trying again alone helps nothing and may do harm."""

    code = "E-SIGN-016"
    advice_vi = "Kiểm tra token hoặc tài khoản ký số với nhà cung cấp chứng thư, rồi khởi động lại thungan."
    advice_en = "Check the token or signing account with the certificate's provider, then restart thungan."
    exit_code = 3


class PinWrong(KeyRefused):
    """The PIN was not taken; it is not tried again by itself."""

    code = "E-SIGN-017"
    advice_vi = (
        "Sửa lại mã PIN ở nơi đã khai trong config.toml rồi khởi động lại; nhập sai nữa token sẽ bị khóa."
    )
    advice_en = "Correct the PIN where config.toml says it is, then restart; more wrong tries lock the token."


class PinLocked(KeyRefused):
    """The PIN is locked, or so few tries are left that none is risked."""

    code = "E-SIGN-018"
    advice_vi = (
        "Mở phần mềm của token, nhập đúng PIN một lần (hoặc mở khóa), rồi xóa tệp đếm nêu trong thông báo."
    )
    advice_en = (
        "Enter the PIN once (or unlock it) in the token's own program, then delete the count file if named."
    )


class CertificateForeign(SigningError):
    """The certificate carries another tax code than the seller's, or none."""

    code = "E-SIGN-019"
    advice_vi = "Dùng chứng thư số của chính người bán (UID=MST trong chứng thư phải là mã số thuế của shop)."
    advice_en = "Use the seller's own certificate: the UID=MST in it must be the shop's tax code."
    exit_code = 3


class XmlRefused(SigningError):
    """XML from outside that is not taken in."""

    code = "E-SIGN-020"
    advice_vi = "Giữ lại tệp này và gửi cho người cài đặt; không có dữ liệu nào bị thay đổi."
    advice_en = "Keep the file and send it to your installer; nothing has been changed by it."


class XmlMalformed(XmlRefused):
    """Bytes that are not well-formed XML."""

    code = "E-SIGN-021"


class XmlTooLarge(XmlRefused):
    """More bytes, parts or levels than a message has."""

    code = "E-SIGN-022"


class XmlForbidden(XmlRefused):
    """A document type, an entity or an encoding that no message of the profile has."""

    code = "E-SIGN-023"


class SignatureRefused(SigningError):
    """A document or signature that fails a check; ``message`` is the reason in a report."""

    code = "E-SIGN-030"
    advice_vi = "Không dùng tài liệu này; yêu cầu bên gửi gửi lại bản gốc."
    advice_en = "Do not rely on this document; ask its sender for the original."
    exit_code = 1


class RevocationUnreadable(SigningError):
    """An OCSP answer or revocation list that proves nothing about this certificate."""

    code = "E-SIGN-040"


class RevocationUnknown(SigningError):
    """Neither OCSP nor a list could say whether the certificate is revoked, and the policy wants to know."""

    code = "E-SIGN-041"
    advice_vi = "Kiểm tra mạng Internet tới nhà cung cấp chứng thư số; thungan sẽ tự thử lại."
    advice_en = "Check the network to the certificate's provider; thungan tries again by itself."
    exit_code = 3


class CertificateRevoked(SigningError):
    """The certificate's issuer has revoked it."""

    code = "E-SIGN-042"
    advice_vi = "Ngừng ký bằng chứng thư này; liên hệ nhà cung cấp để cấp chứng thư mới và đăng ký lại."
    advice_en = "Stop signing with it; get a new certificate from its provider and register that one."
    exit_code = 3


class CertificateUntrusted(SigningError):
    """No way leads from the certificate to one of the roots that are configured."""

    code = "E-SIGN-043"
    advice_vi = "Thêm chứng thư gốc của nhà cung cấp vào cấu hình, hoặc kiểm tra lại chứng thư số."
    advice_en = "Add the provider's root certificate to the configuration, or check the certificate."
    exit_code = 3
