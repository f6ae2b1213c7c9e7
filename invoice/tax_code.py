"""Tax codes (mã số thuế, MST) and citizen numbers (số định danh cá nhân).

>>> from invoice.tax_code import checked_tax_code
>>> checked_tax_code(" 0409990010 ")
'0409990010'

Three forms are in use: 10 digits (taxpayer), 10-3 (branch), and since 1 July 2025 the 12-digit citizen
number for households and individuals. The tenth digit of the first two is a check digit: 10 less the
weighted sum of the nine before it modulo 11; a sum that gives 10 belongs to no taxpayer.
"""

import re

from invoice.errors import TaxCodeInvalid

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_ENTERPRISE = re.compile(r"[0-9]{10}(-[0-9]{3})?")
_CITIZEN = re.compile(r"[0-9]{12}")


def checked_tax_code(text: str) -> str:
    """The tax code without surrounding blanks.

    Raises:
        TaxCodeInvalid: wrong form, or the check digit does not fit.
    """
    code = text.strip()
    if _CITIZEN.fullmatch(code):
        return code
    if not _ENTERPRISE.fullmatch(code):
        raise TaxCodeInvalid(f"{code!r} is not of the form 0123456789, 0123456789-001 or 12 digits")
    check = 10 - sum(int(d) * w for d, w in zip(code, _WEIGHTS, strict=False)) % 11
    if check != int(code[9]):
        raise TaxCodeInvalid(f"the check digit of {code} is wrong")
    return code


def bare(tax_code: str) -> str:
    """The code without its dash, as envelopes and QR texts want it."""
    return tax_code.replace("-", "")
