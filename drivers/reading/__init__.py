"""Understanding: from the lines on the paper to a sale, exact or quarantined, never wrong.

>>> from drivers.reading import read_receipt
>>> read_receipt(b"no receipt at all" + bytes((10,))).kind.value
'quarantined'

Kinds and heads, goods by layouts, the foot's entries and the sums that must all agree each have their own
module; the words and layouts are data, in ``drivers/profiles/*.toml``.
"""

from drivers.reading.learning import Learned, Sample, check_profile, learn_profile
from drivers.reading.profile import Profile, load_profile, shipped_profiles
from drivers.reading.receipt import Proof, Reading, read_paper, read_receipt, reading_to_json

__all__ = [
    "Learned",
    "Profile",
    "Proof",
    "Reading",
    "Sample",
    "check_profile",
    "learn_profile",
    "load_profile",
    "read_paper",
    "read_receipt",
    "reading_to_json",
    "shipped_profiles",
]
