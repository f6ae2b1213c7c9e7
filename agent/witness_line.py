"""Asking the witness: the newest checkpoint goes to it, its signature line comes back onto the checkpoint."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from audit.witness import witness_request
from outbox.alarms import clear_alarm, raise_alarm
from outbox.witnessing import keep_cosignature, next_to_witness

if TYPE_CHECKING:
    import httpx

    from agent.witness_settings import WitnessSettings
    from outbox.store import Store

SECONDS = 20.0
REFUSED = "witness-refuses"  # alarm: it has seen another history of this ledger
_LONGEST = 10_000  # characters of an answer


def ask_witness(settings: WitnessSettings, store: Store) -> str | None:
    """Have the newest checkpoint witnessed; why it was not, in words, or None.

    A witness that cannot be reached is asked again next time and is no alarm. One that knows another history
    is: the database was swapped or cut, or somebody else writes under this ledger's name.
    """
    import httpx  # late: a tenth of a second that start-up need not pay

    connection = store.reader()
    try:
        asked = next_to_witness(connection)
        if asked is None:
            return None
        context = ssl.create_default_context(cafile=None if settings.ca is None else str(settings.ca))
        with httpx.Client(verify=context, timeout=SECONDS) as client:
            answer = _post(client, settings.url, witness_request(asked.old, asked.proof, asked.note))
            if answer.status_code == httpx.codes.CONFLICT and answer.text.strip().isdigit():
                known = int(answer.text.strip())
                if known >= asked.size:
                    return _refused(store, f"the witness has signed {known} entries, we have {asked.size}")
                again = next_to_witness(connection, known)
                if again is not None:
                    answer = _post(client, settings.url, witness_request(again.old, again.proof, again.note))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return f"the witness {settings.url} cannot be reached: {error}"
    finally:
        connection.close()
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        return _refused(store, "the witness has signed another history of this ledger")
    if answer.status_code != httpx.codes.OK:
        return f"the witness {settings.url} answers {answer.status_code}: {answer.text[:200].strip()}"
    if not store.run(keep_cosignature(asked.size, answer.text[:_LONGEST], settings.key)):
        return f"the answer of the witness {settings.url} is not signed by its key"
    store.run(clear_alarm(REFUSED))
    return None


def _post(client: httpx.Client, url: str, body: str) -> httpx.Response:
    return client.post(f"{url}/add-checkpoint", content=body.encode())


def _refused(store: Store, words: str) -> str:
    store.run(raise_alarm(REFUSED, words))
    return words
