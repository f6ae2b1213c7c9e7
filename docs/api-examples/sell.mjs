// node sell.mjs URL TOKEN SALE.json: prints number and authority code, and tries again under the same key.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";

const [url, token, path] = process.argv.slice(2);
const body = await readFile(path);
const headers = {
  Authorization: `Bearer ${token}`,
  "Idempotency-Key": randomUUID(), // keep it with the sale until the answer is there
  "Content-Type": "application/json",
};
let answer;
for (const wait of [0, 1000, 5000]) {
  await new Promise((done) => setTimeout(done, wait));
  try {
    answer = await fetch(`${url}/v1/sales`, { method: "POST", headers, body, signal: AbortSignal.timeout(20000) });
    break;
  } catch {
    // no answer: the same key again
  }
}
if (!answer) throw new Error("thungan does not answer: send the sale again later under the same key");
const said = await answer.json();
if (!answer.ok) throw new Error(`${said.title}: ${said.detail}. ${said.advice.vi}`);
console.log(said.invoice.name, said.invoice.code);
