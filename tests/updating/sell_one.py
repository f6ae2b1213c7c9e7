"""A program that sells one thing in the shop of $SHOP: what a new version may do before it dies."""

import os
from pathlib import Path

from outbox.captures import record_capture
from outbox.store import Store

store = Store(Path(os.environ["SHOP"]))
store.run(record_capture("test", b"PHIEU", "cut"))
store.close()
