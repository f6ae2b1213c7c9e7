"""The encodings of Vietnamese receipts: UTF-8, CP1258, TCVN3 (ABC), VNI, VISCII and unaccented ASCII.

>>> from drivers.encoding import decide, decode, encode
>>> data = encode("Phở bò tái", "vni")
>>> decode(data, decide(data, table=None))
'Phở bò tái'
"""

from drivers.encoding.coding import decode, encode, unmarked
from drivers.encoding.deciding import decide, decide_runs, run_encoding

__all__ = ["decide", "decide_runs", "decode", "encode", "run_encoding", "unmarked"]
