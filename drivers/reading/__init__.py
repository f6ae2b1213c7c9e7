"""Understanding: from the lines on the paper to a sale, exact or quarantined, never wrong.

>>> from drivers.reading import read_receipt
>>> read_receipt(b"no receipt at all" + bytes((10,))).kind.value
'quarantined'
"""

from drivers.reading.receipt import Reading, read_receipt, reading_to_json

__all__ = ["Reading", "read_receipt", "reading_to_json"]
