"""Showing a form before it is signed, sending it, and waiting for the authority's word on it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from agent.key_choice import open_signer
from agent.parts import open_delivery
from authority.forms.message import form_lines
from outbox.forms import forms
from outbox.store import Store

if TYPE_CHECKING:
    from agent.config import Config
    from authority.forms.error_notice import ErrorNotice
    from authority.forms.registration import Registration
    from outbox.store import Job

BETWEEN_PASSES = 0.5  # seconds


def show_form(form: Registration | ErrorNotice) -> None:
    """Every field with its Vietnamese name."""
    for name, value in form_lines(form):
        sys.stdout.write(f"{name}: {value}\n")


def post_and_wait(config: Config, job: Job[int], patience: float) -> int:
    """Exit 0 accepted, 1 refused, 3 not decided within ``patience`` seconds (the daemon goes on asking)."""
    signer = open_signer(config)
    store = Store(config.folder, signer)
    delivery = None
    try:
        delivery = open_delivery(config, store, signer)
        form_id = store.run(job)
        until = time.monotonic() + patience
        while True:
            problem = delivery.run_once().problem
            reader = store.reader()
            try:
                row = next(row for row in forms(reader) if row["id"] == form_id)
            finally:
                reader.close()
            if row["state"] in {"accepted", "refused"}:
                sys.stdout.write(f"{row['state']}: {row['reason'] or ''}\n")
                return 0 if row["state"] == "accepted" else 1
            if time.monotonic() >= until:
                sys.stdout.write(f"{row['state']}, not decided yet {problem or ''}\n")
                return 3
            time.sleep(BETWEEN_PASSES)
    finally:
        if delivery is not None:
            delivery.close()
        store.close()
