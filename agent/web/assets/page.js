// The page works without this; with it, what happens is seen at once, and tests say what they find in place.
"use strict";

// Where a person is in a part that is drawn anew: who goes by Tab must not begin again with each sale.
const CAN_BE_FOCUSED = "a[href], button, input, select, textarea, summary, [tabindex]";
const mark = (one) => one.id || `${one.tagName} ${one.getAttribute("href") ?? one.textContent.trim()}`;

// Live parts: <div data-live="/now" data-events="/events">. The server says that something has happened, the
// part is asked for anew, and what a person is doing in the rest of the page stays.
for (const part of document.querySelectorAll("[data-live]")) {
  let asking = false, again = false;
  const renew = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(part.dataset.live, { headers: { "x-fragment": "1" } });
      if (answer.status === 401) { location.reload(); return; }
      if (answer.ok) {
        const known = new Set([...part.querySelectorAll("[data-row]")].map((row) => row.dataset.row));
        const fresh = await answer.text();
        const focused = part.contains(document.activeElement) ? mark(document.activeElement) : "";
        part.innerHTML = fresh;
        if (known.size) {
          for (const row of part.querySelectorAll("[data-row]")) {
            if (!known.has(row.dataset.row)) { row.classList.add("fresh"); }
          }
        }
        if (focused) { [...part.querySelectorAll(CAN_BE_FOCUSED)].find((one) => mark(one) === focused)?.focus(); }
        part.removeAttribute("data-away");
      }
    } catch { part.setAttribute("data-away", ""); } finally {
      asking = false;
      if (again) { again = false; renew(); }
    }
    document.getElementById("away")?.toggleAttribute("hidden", !part.hasAttribute("data-away"));
  };
  const stream = new EventSource(part.dataset.events);
  stream.addEventListener("changed", renew);
  stream.addEventListener("error", renew);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { renew(); } });
  addEventListener("pagehide", () => stream.close());
}

// Forms that answer in place: <form data-into="id">, or a button with data-result: a test, listening.
for (const form of document.querySelectorAll("form[data-into]")) {
  form.addEventListener("submit", async (event) => {
    const sender = event.submitter || form.querySelector("button");
    const into = document.getElementById(sender.dataset.result || form.dataset.into);
    if (!into) { return; }  // the form's own button: an ordinary page
    event.preventDefault();
    const data = new FormData(form, sender);
    sender.disabled = true;
    into.setAttribute("aria-busy", "true");
    into.textContent = form.dataset.wait || "…";
    try {
      const answer = await fetch(sender.hasAttribute("formaction") ? sender.formAction : form.action, { method: "POST", body: data, headers: { "x-fragment": "1" } });
      if (answer.status === 401) { location.reload(); return; }
      into.innerHTML = await answer.text();
    } catch { into.textContent = form.dataset.lost || "×"; } finally {
      sender.disabled = false;
      into.removeAttribute("aria-busy");
    }
  });
}

// "All of this list": <input type="checkbox" data-all="invoice">.
for (const all of document.querySelectorAll("[data-all]")) {
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(`input[type=checkbox][name="${all.dataset.all}"]`)) { box.checked = all.checked; }
  });
}

// While the program starts anew: <p data-return="/">.
for (const waiting of document.querySelectorAll("[data-return]")) {
  const look = async () => {
    try {
      const answer = await fetch("/health");
      if (answer.ok && (await answer.json()).run !== waiting.dataset.run) { location.replace(waiting.dataset.return); return; }
    } catch { /* still away */ }
    setTimeout(look, 700);
  };
  setTimeout(look, 700);
}

// Fields that belong to a choice: <div data-when="source=serial">.
const follow = () => {
  for (const part of document.querySelectorAll("[data-when]")) {
    const [name, values] = part.dataset.when.split("=");
    const chosen = document.querySelector(`[name="${name}"]:checked, select[name="${name}"]`);
    const shown = Boolean(chosen) && values.split("|").includes(chosen.value);
    part.hidden = !shown;
    for (const field of part.querySelectorAll("input, select, textarea")) { field.disabled = !shown; }
  }
};
if (document.querySelector("[data-when]")) {
  document.addEventListener("change", follow);
  follow();
}

// "Use this port": <button data-fill="uri" data-value="serial://…">, also in parts that came later.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (button) {
    const field = document.getElementById(button.dataset.fill);
    field.value = button.dataset.value;
    field.focus();
  }
});
