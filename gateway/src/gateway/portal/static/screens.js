// What all screens share. Without this module every screen works: it only stands still, a tree
// opens by a page of its own, and the names of scopes are not offered.

const LANGUAGE = { "Accept-Language": document.documentElement.lang };

// A refused form leaves the page that it is on: reloading shows that, and so does what is sent next.
const refused = document.querySelector("main[data-page]")?.dataset.page;
if (refused) history.replaceState(null, "", refused);
const here = new URL(location.href);

// What was done is told once: a reload does not say it again.
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
  setTimeout(() => document.querySelector(".toast")?.remove(), 6000);
}

// Only one form is open at a time; Escape closes it.
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.("details.act") || !target.open) return;
  for (const other of document.querySelectorAll("details.act[open]")) if (other !== target) other.open = false;
  target.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}, true);
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.act[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// A form is sent once.
document.addEventListener("submit", ({ target }) => {
  if (target.method === "post") setTimeout(() => target.querySelectorAll("button").forEach((each) => { each.disabled = true; }), 0);
});
addEventListener("pageshow", () => document.querySelectorAll("button[disabled]").forEach((each) => { each.disabled = false; }));

// A file that takes some seconds is fetched while the page says so; a refusal is said on the page.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("download" in form.dataset)) return;
  event.preventDefault();
  const [button, problem] = [form.querySelector("button"), form.querySelector(".problem")];
  const label = button.textContent;
  const filled = [...new FormData(form)].filter(([, said]) => said !== "");
  button.disabled = true;
  button.textContent = form.dataset.download;
  problem.hidden = true;
  const answer = await fetch(`${form.action}?${new URLSearchParams(filled)}`, { headers: LANGUAGE }).catch(() => null);
  button.disabled = false;
  button.textContent = label;
  if (answer?.ok) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
    link.click();
    URL.revokeObjectURL(link.href);
    return;
  }
  const said = await answer?.json().catch(() => null);
  problem.textContent = [said?.detail ?? String(answer?.status ?? "—"), ...Object.values(said?.validationErrors ?? {}).flat()].join(" ");
  problem.hidden = false;
});

// Scopes are offered by name: those of the kind that somebody begins to write.
const offered = new Map();
async function offer(input) {
  const kind = input.value.includes("/") ? input.value.split("/")[0] : "";
  const list = document.getElementById(input.getAttribute("list"));
  if (!offered.has(kind)) {
    const kinds = kind ? [kind] : ["school", "unit", "major", "course"];
    const query = kinds.map((each) => `kind=${encodeURIComponent(each)}`).join("&");
    offered.set(kind, fetch(`/api/datahub/v1/scopes?limit=1000&${query}`, { headers: LANGUAGE })
      .then((answer) => (answer.ok ? answer.json() : [])).catch(() => []));
  }
  const found = await offered.get(kind);
  list.replaceChildren(...found.map(({ scope, name }) => new Option(name ?? scope, scope)));
}
// A key that stands in a field says beside it whose it is.
const SCOPE = /^(school|unit|major|course|class|group|teacher|student)\/\S.{0,150}$/;
const called = new Map();
async function sayNames(inputs) {
  const unknown = [...new Set(inputs.map((each) => each.value.trim()))].filter((key) => SCOPE.test(key) && !called.has(key));
  if (unknown.length) {
    const query = unknown.map((key) => `scope=${encodeURIComponent(key)}`).join("&");
    const answer = await fetch(`/api/datahub/v1/scopes?${query}`, { headers: LANGUAGE }).catch(() => null);
    const found = answer?.ok ? await answer.json() : [];
    for (const each of found) called.set(each.scope, each.name ?? "");
  }
  for (const input of inputs) {
    let told = input.nextElementSibling?.matches("output.named") ? input.nextElementSibling : null;
    const said = called.get(input.value.trim()) ?? "";
    if (!told && !said) continue;
    if (!told) input.after(told = Object.assign(document.createElement("output"), { className: "named" }));
    told.textContent = said;
  }
}
const keyed = () => [...document.querySelectorAll("input[data-scopes]")].filter((each) => each.value);
if (keyed().length) sayNames(keyed());
document.addEventListener("change", ({ target }) => { if ("scopes" in (target.dataset ?? {})) sayNames([target]); });
for (const kind of ["focusin", "input"]) {
  document.addEventListener(kind, ({ target }) => { if ("scopes" in (target.dataset ?? {})) offer(target); });
}

// A branch of a tree is fetched when it is opened.
document.addEventListener("click", async (event) => {
  const twig = event.target.closest?.("a.twig[data-branch]");
  if (!twig) return;
  event.preventDefault();
  const row = twig.closest("li");
  const old = row.querySelector(":scope > .tree");
  const open = twig.getAttribute("aria-expanded") !== "true";
  if (old) old.hidden = !open;
  else if (open) {
    const answer = await fetch(twig.dataset.branch, { headers: LANGUAGE }).catch(() => null);
    if (!answer?.ok) return location.assign(twig.href);
    row.insertAdjacentHTML("beforeend", await answer.text());
  }
  twig.setAttribute("aria-expanded", open);
});

// Parts that move are taken from the page as the server draws it now; what is in use stays.
const parts = [...document.querySelectorAll("[data-live]")].filter((each) => each.id);
let reading = false;
let lastRead = new Date();
let note = null;

// A page that is not drawn anew says so, and since when.
function tellOld(old) {
  if (!old) lastRead = new Date();
  if (old === Boolean(note)) return;
  note?.remove();
  note = null;
  if (!old) return;
  const main = document.querySelector("main");
  note = Object.assign(document.createElement("p"), { className: "toast old", role: "status" });
  note.textContent = main.dataset.off.replace("{}", lastRead.toLocaleTimeString());
  main.prepend(note);
}

async function refresh() {
  if (reading || document.hidden || !parts.length) return;
  reading = true;
  const answer = await fetch(here, { headers: { ...LANGUAGE, Accept: "text/html" } }).catch(() => null);
  reading = false;
  if (answer?.redirected && new URL(answer.url).pathname === "/login") return location.reload();
  const old = !answer?.ok;
  tellOld(old);
  if (old) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const { id } of parts) {
    const [now, then] = [document.getElementById(id), fresh.getElementById(id)];
    const used = now?.querySelector("details[open], :focus, [aria-expanded=true]");
    if (now && then && !used && now.innerHTML !== then.innerHTML) now.innerHTML = then.innerHTML;
  }
}
let stream = null;
let soon = null;
const happened = () => { soon ??= setTimeout(() => { soon = null; refresh(); }, 400); };
if (parts.length) {
  setInterval(refresh, 1000 * Math.min(...parts.map((each) => Number(each.dataset.live) || 60)));
  document.addEventListener("visibilitychange", happened);
  listen();
}
function listen() {
  stream?.close();
  if (document.hidden) return;
  stream = new EventSource("/portal/changes");
  stream.addEventListener("changed", happened);
  stream.onerror = () => { if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000); };
}
document.addEventListener("visibilitychange", () => { if (parts.length) listen(); });
