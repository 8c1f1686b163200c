// The wizard that brings a file in: read → check → try out → bring in. The hub does each step; the
// page only carries the file and what was decided. Texts are set as text, never as markup.

const LANGUAGE = { "Accept-Language": document.documentElement.lang };
const KINDS = {
  csv: "text/csv", txt: "text/csv", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};
const SAMPLE = 4 * 1024 * 1024;
const byId = (id) => document.getElementById(id);
const words = JSON.parse(byId("wizard").dataset.words);
const fill = (text, values) => text.replace(/\{(\w*)\}/g, (_, name) => values[name] ?? "");
const isChinese = LANGUAGE["Accept-Language"].startsWith("zh");

let file = null;
let guess = null;
let fields = [];

function stage(number) {
  for (const each of document.querySelectorAll(".stage")) each.hidden = each.id !== `stage-${number}`;
  [...byId("stages").children].forEach((each, index) => {
    each.classList.toggle("past", index + 1 < number);
    if (index + 1 === number) each.setAttribute("aria-current", "step");
    else each.removeAttribute("aria-current");
  });
  tell("");
  byId(`stage-${number}`).querySelector("select, input, button")?.focus({ preventScroll: true });
}

function tell(text) {
  byId("import-problem").hidden = !text;
  byId("import-problem").textContent = text;
}

function reasons(problem) {
  const places = Object.entries(problem.validationErrors ?? {});
  return [problem.detail, ...places.map(([place, said]) => `${place}: ${said.join(" ")}`)].join(" · ");
}

// The hub says what is wrong in both languages: the English stands in brackets at the end.
function inOne(text) {
  const both = /^(.*[^\x00-\x7f].*?) \(([A-Za-z][\x20-\x7e]{8}.*)\)$/s.exec(text);
  return both?.[document.documentElement.lang.startsWith("zh") ? 1 : 2] ?? text;
}

async function ask(button, busy, path, options) {
  const word = button.textContent;
  button.disabled = true;
  button.textContent = busy;
  tell("");
  try {
    const answer = await fetch(path, { ...options, headers: { ...LANGUAGE, ...options.headers } });
    const said = await answer.json();
    if (answer.ok) return said;
    tell(reasons(said));
  } catch {
    tell(words.away);
  } finally {
    button.disabled = false;
    button.textContent = word;
  }
  return null;
}

const kindOf = (name) => KINDS[name.split(".").pop().toLowerCase()];

function choose(chosen) {
  file = chosen ?? null;
  byId("import-read").disabled = !file;
  tell(file && !kindOf(file.name) ? words.kind : "");
  if (file) byId("drop").querySelector("span").textContent = file.name;
}

byId("import-file").addEventListener("change", ({ target }) => choose(target.files[0]));
for (const kind of ["dragover", "dragleave", "drop"]) {
  byId("drop").addEventListener(kind, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) choose(event.dataTransfer.files[0]);
  });
}

// A sample of a text ends with a whole line; a workbook is sent as it is.
async function sample() {
  if (file.size <= SAMPLE || !/csv|ndjson/.test(kindOf(file.name))) return file;
  const text = new Uint8Array(await file.slice(0, SAMPLE).arrayBuffer());
  return text.slice(0, text.lastIndexOf(10) + 1);
}

byId("import-read").addEventListener("click", async ({ target }) => {
  const entity = byId("import-entity").value;
  const query = `source=${encodeURIComponent(byId("import-system").value)}${entity ? `&entity=${entity}` : ""}`;
  guess = await ask(target, words.reading, `/api/datahub/v1/feeds/guess?${query}`, {
    method: "POST", body: await sample(), headers: { "Content-Type": kindOf(file.name) ?? "text/csv" },
  });
  if (!guess) return;
  const answer = await fetch(`/api/datahub/v1/dictionary/entities/${guess.entity}`, { headers: LANGUAGE });
  fields = answer.ok ? (await answer.json()).fields : [];
  showGuess();
  stage(2);
});

function cell(row, text) {
  const made = row.insertCell();
  if (text instanceof Node) made.append(text);
  else made.textContent = text;
  return made;
}

function showGuess() {
  const { coverage, columns, questions, document: feed } = guess;
  const covered = fill(words.covered, { mapped: coverage.columns_mapped, columns: coverage.columns, good: coverage.rows_good, rows: coverage.rows });
  const missing = coverage.required_missing.length ? ` · ${fill(words.missing, { "": coverage.required_missing.join(", ") })}` : "";
  byId("covered").textContent = covered + missing;
  byId("covered").className = missing ? "warn" : "okay";
  byId("questions").replaceChildren(...questions.map((each) => {
    const line = document.createElement("li");
    line.textContent = isChinese ? each.zh : each.en;
    return line;
  }));
  const body = byId("columns");
  body.replaceChildren();
  for (const column of columns) {
    const row = body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = column.name;
    row.append(head);
    const choice = document.createElement("select");
    choice.dataset.column = column.name;
    choice.setAttribute("aria-label", `${words.field} ${column.name}`);
    choice.append(new Option(words.leave, ""));
    for (const each of fields) choice.append(new Option(`${isChinese ? each.zh : each.en ?? each.zh} (${each.name})`, each.name));
    choice.value = Object.keys(feed.fields).find((name) => feed.fields[name].from === column.name) ?? "";
    cell(row, choice);
    cell(row, column.values.slice(0, 3).join("、"));
    cell(row, column.why);
  }
  byId("import-feed").value ||= `${feed.source}.${feed.entity}_upload`;
}

// What was guessed of a field stays with it; a field chosen by hand reads its column as it is.
function corrected() {
  const feed = structuredClone(guess.document);
  const chosen = [...document.querySelectorAll("#columns select")].map((each) => [each.dataset.column, each.value]);
  const old = feed.fields;
  feed.fields = Object.fromEntries(Object.entries(old).filter(([, said]) => !("from" in said)));
  for (const [column, name] of chosen) {
    if (name) feed.fields[name] = old[name]?.from === column ? old[name] : { from: column };
  }
  feed.ignore = chosen.filter(([, name]) => !name).map(([column]) => column);
  feed.feed = byId("import-feed").value.trim();
  return feed;
}

async function send(button, busy, query, more = {}) {
  const feed = encodeURIComponent(byId("import-feed").value.trim());
  return ask(button, busy, `/api/datahub/v1/batches?feed=${feed}&${query}`, {
    method: "POST", body: file, headers: { "Content-Type": kindOf(file.name) ?? "text/csv", ...more },
  });
}

byId("import-try").addEventListener("click", async ({ target }) => {
  const feed = corrected();
  const saved = await ask(target, words.trying, `/api/datahub/v1/feeds/${encodeURIComponent(feed.feed)}`, {
    method: "PUT", body: JSON.stringify(feed), headers: { "Content-Type": "application/json" },
  });
  if (!saved) return;
  const ledger = await send(target, words.trying, "dryRun=true");
  if (!ledger) return;
  byId("tried").textContent = fill(words.tried, ledger);
  const body = byId("faults");
  body.replaceChildren();
  for (const fault of ledger.verdicts) {
    const places = fault.reasons?.length ? fault.reasons : [fault];
    for (const each of places) {
      const row = body.insertRow();
      cell(row, fault.row ?? "");
      cell(row, (each.path ?? "").replace(/^\$\./, "")).className = "bad";
      cell(row, inOne(each.message ?? each.code ?? ""));
    }
  }
  if (!body.rows.length) cell(body.insertRow(), words.faultless).colSpan = 3;
  const good = ledger.created + ledger.updated;
  byId("import-take").textContent = fill(words.take, { "": good });
  byId("import-take").disabled = good === 0;
  stage(3);
});

// The same file goes in once, however often the button is pressed.
const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

byId("import-take").addEventListener("click", async ({ target }) => {
  const ledger = await send(target, words.taking, "dryRun=false", { "Idempotency-Key": `import-${key}` });
  if (!ledger) return;
  byId("taken").textContent = fill(words.tried, ledger);
  byId("import-aside").hidden = !(ledger.quarantined + ledger.parked + ledger.rejected);
  byId("import-aside").href = `/quarantine?feed=${encodeURIComponent(ledger.feed)}`;
  byId("undo").hidden = ledger.updated > 0 || ledger.unchanged > 0 || ledger.created === 0;
  stage(4);
});

byId("import-undo").addEventListener("click", async ({ target }) => {
  const ledger = await send(target, words.taking, "mode=delete");
  if (!ledger) return;
  byId("taken").textContent = fill(words.undone, ledger);
  byId("undo").hidden = true;
});

for (const each of document.querySelectorAll("[data-stage]")) each.addEventListener("click", () => stage(Number(each.dataset.stage)));
