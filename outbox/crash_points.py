"""Named places where a storm test may kill the process (promise P1).

``THUNGAN_CRASH_AT=issue.before-commit:3`` kills with SIGKILL at the third passage; ``arm`` does so in a
process that runs already. Not armed (always, in a shop) a passage costs one comparison. What lies between two
of these places, each single write and sync of the database, is the storm's own (docs/storms.md).
"""

import os
import signal
import sys

POINTS = {
    "store.opened": "the database was opened, nothing is done yet",
    "store.begun": "a transaction has begun",
    "store.before-commit": "everything of a group is written, not committed",
    "store.after-commit": "committed, nobody knows yet",
    "capture.before-commit": "the bytes of a receipt are written, not committed",
    "till.stored": "the bytes of a receipt are durable, not understood",
    "issue.before-commit": "an invoice is written, not committed",
    "till.issued": "the invoice is durable, the receipt not released",
    "package.before-commit": "a package is built, not committed",
    "sending.before-commit": "that a package is about to leave is written, not committed",
    "delivery.before-send": "a package is about to leave",
    "delivery.after-send": "it has left and was answered, the answer is not stored",
    "delivery.before-look-up": "a package is about to be asked about",
    "delivery.after-look-up": "the authority has said what it knows, that is not stored",
    "delivery.before-collect": "the inbox is about to be read",
    "delivery.after-collect": "answers have come, none is stored",
    "answer.before-commit": "an answer has moved the states, not committed",
    "delivery.before-cursor": "answers are stored, how far the inbox was read is not",
    "acknowledgement.before-send": "our own 999 is about to leave",
    "acknowledgement.after-send": "our own 999 has left, that is not written down",
}
# The same where a provider gives the numbers out (docs/routes.md).
PROVIDER_POINTS = {
    "order.before-commit": "an order is written, not committed",
    "asking.before-commit": "that orders are about to be asked for is written, not committed",
    "provider.before-ask": "orders are about to leave",
    "provider.after-ask": "they have left and were answered, the answer is not stored",
    "attaching.before-commit": "a number is attached to an order, not committed",
    "refusing.before-commit": "an order is refused, not committed",
    "giving-back.before-commit": "orders that did not arrive wait again, not committed",
    "provider.before-look-up": "an order is about to be looked up",
    "provider.after-look-up": "the provider has said what it knows, that is not stored",
    "provider.before-fetch": "an invoice's XML is about to be fetched",
    "provider.after-fetch": "the XML has come, it is not stored",
    "paper.before-commit": "the XML is written, not committed",
}


class _Armed:
    name = ""
    left = 0


_armed = _Armed()


def arm(wish: str) -> None:
    """From now on die as ``wish`` says: ``name`` or ``name:passage``; "" is never."""
    _armed.name, _, passage = wish.partition(":")
    _armed.left = int(passage or "1")


arm(os.environ.get("THUNGAN_CRASH_AT", ""))


def crash_point(name: str) -> None:
    """Die here, as by a power cut, if that was asked for."""
    if not _armed.name or name != _armed.name:
        return
    _armed.left -= 1
    if _armed.left <= 0:
        if sys.platform == "win32":
            os._exit(137)
        os.kill(os.getpid(), signal.SIGKILL)
