"""sell.py URL TOKEN SALE.json: prints number and authority code, and tries again under the same key."""

import json
import sys
import time
import urllib.error
import urllib.request
import uuid

url, token, path = sys.argv[1:]
with open(path, "rb") as file:
    body = file.read()
key = str(uuid.uuid4())  # keep it with the sale in your database until the answer is there
request = urllib.request.Request(
    f"{url}/v1/sales",
    body,
    {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"},
)
for wait in (0, 1, 5):
    time.sleep(wait)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            invoice = json.load(answer)["invoice"]
        print(invoice["name"], invoice["code"])
        break
    except urllib.error.HTTPError as refused:
        problem = json.load(refused)
        sys.exit(f"{problem['title']}: {problem['detail']}. {problem['advice']['vi']}")
    except OSError:
        continue  # no answer: the same key again
else:
    sys.exit("thungan does not answer: print the receipt, and send the sale again later under the same key")
