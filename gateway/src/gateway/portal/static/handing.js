// Evidence goes to the hub as soon as it is chosen, and the form then names it by its digest; a
// sheet is checked first, and sent when somebody confirms. Without this module single values can be
// handed in, with a link as evidence.

const LANGUAGE = { "Accept-Language": document.documentElement.lang };
const KINDS = {
  csv: "text/csv",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};
const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w*)\}/g, (_, name) => values[name]);

async function send(to, body, headers, away) {
  try {
    const answer = await fetch(to, { method: "POST", body, headers: { ...LANGUAGE, ...headers } });
    return [answer.ok, await answer.json()];
  } catch {
    return [false, { detail: away }];
  }
}

// What a problem document says: as a whole, and every place of it.
function reasons(problem) {
  const places = Object.entries(problem.validationErrors ?? {});
  return [problem.detail, ...places.map(([place, said]) => `${place}: ${said.join(" ")}`)].join(" · ");
}

byId("handed-file")?.addEventListener("change", async ({ target }) => {
  const { form } = target;
  const told = byId("handed-told");
  const button = form.querySelector("button.primary");
  const [chosen] = target.files;
  form.evidence.value = form.evidence_name.value = told.textContent = "";
  if (!chosen) return;
  told.textContent = form.dataset.sending;
  button.disabled = true;
  const [ok, said] = await send(form.dataset.evidence, chosen, {}, form.dataset.away);
  if (ok) {
    form.evidence.value = said.digest;
    form.evidence_name.value = chosen.name;
  } else {
    target.value = "";
  }
  told.textContent = ok ? `${chosen.name} · ${form.dataset.sent}` : reasons(said);
  button.disabled = false;
});

// The scopes that an indicator is measured for are offered; a period and the unit are hinted at.
async function offer(select) {
  const { unit, kinds = "", periods = "" } = select.selectedOptions[0].dataset;
  byId("unit-hint").textContent = unit === "ratio" ? select.form.dataset.ratio : "";
  hintPeriod(byId("handed-period"), periods);
  if (!kinds) return;
  const asked = kinds.split(" ").map((kind) => `kind=${kind}`).join("&");
  const answer = await fetch(`/api/datahub/v1/scopes?limit=1000&${asked}`, { headers: LANGUAGE }).catch(() => null);
  if (!answer?.ok) return;
  const options = (await answer.json()).map(({ scope, name }) => new Option(name ?? scope, scope));
  byId("scopes").replaceChildren(...options);
}

function hintPeriod(input, periods) {
  const year = new Date().getFullYear() - 1;
  const written = { ayear: `${year}-${year + 1}`, term: `${year}-${year + 1}-1`, month: `${year}-09` };
  const [kind] = periods.split(" ");
  if (kind) input.placeholder = `${kind}:${written[kind] ?? year}`;
}

const indicator = byId("handed-indicator");
indicator?.addEventListener("change", () => offer(indicator));
if (indicator?.value) offer(indicator);
byId("sheet-indicator")?.addEventListener("change", ({ target }) => {
  hintPeriod(byId("sheet-period"), target.selectedOptions[0].dataset.periods ?? "");
});

const sheet = byId("sheet");

function showFaults(rows) {
  const cells = rows.flatMap((row) => Object.entries(row.cells));
  const lines = cells.map(([cell, said]) => {
    const line = document.createElement("tr");
    line.insertCell().textContent = cell;
    line.insertCell().textContent = said.join(" ");
    return line;
  });
  byId("sheet-faults").hidden = lines.length === 0;
  byId("sheet-faults").querySelector("tbody").replaceChildren(...lines);
}

async function sendSheet(file, isRehearsal) {
  const words = sheet.dataset;
  const [told, take] = [byId("sheet-told"), byId("sheet-take")];
  const kind = KINDS[file.name.split(".").pop().toLowerCase()];
  take.hidden = byId("sheet-done").hidden = true;
  told.className = "";
  showFaults([]);
  told.textContent = isRehearsal ? words.checking : words.sending;
  const [ok, said] = kind
    ? await send(`${words.to}?dryRun=${isRehearsal}`, file, { "Content-Type": kind }, words.away)
    : [false, { detail: words.kind }];
  told.className = ok ? "" : "problem";
  if (!ok) {
    told.textContent = reasons(said);
    return;
  }
  showFaults(said.rows);
  const text = said.received ? (isRehearsal ? words.checked : words.taken) : words.empty;
  told.textContent = fill(text, said);
  const ready = said.entered + said.revised;
  take.hidden = !isRehearsal || ready === 0;
  take.textContent = fill(said.rejected ? words.rest : words.take, { "": ready });
  byId("sheet-done").hidden = isRehearsal || ready === 0;
}

byId("sheet-file")?.addEventListener("change", ({ target }) => {
  if (target.files[0]) sendSheet(target.files[0], true);
});
byId("sheet-take")?.addEventListener("click", async ({ target }) => {
  target.disabled = true;
  await sendSheet(byId("sheet-file").files[0], false);
  target.disabled = false;
});
sheet?.addEventListener("submit", (event) => event.preventDefault());
