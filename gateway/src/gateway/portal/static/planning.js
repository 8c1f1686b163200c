// The file of a plan is read and tried without keeping anything; what was shown is then brought in.

const byId = (id) => document.getElementById(id);
const words = JSON.parse(byId("plan-form").dataset.words);
const chinese = document.documentElement.lang.startsWith("zh");
const KINDS = {
  txt: "text/plain",
  yaml: "application/yaml",
  yml: "application/yaml",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};
const [file, tryOut, take, told] = ["plan-file", "plan-try", "plan-take", "plan-told"].map(byId);
const fill = (text, value) => text.replace("{}", value);

function make(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text ?? "", ...more });
}

function complain(text) {
  byId("plan-problem").textContent = text;
  byId("plan-problem").hidden = !text;
}

async function send(isTrial) {
  const [chosen] = file.files;
  const kind = KINDS[chosen.name.split(".").pop().toLowerCase()];
  complain(kind ? "" : words.kind);
  if (!kind) return null;
  const button = isTrial ? tryOut : take;
  const label = button.textContent;
  button.textContent = isTrial ? words.reading : words.taking;
  button.disabled = true;
  const asked = new URLSearchParams({ scope: byId("plan-scope").value, dryRun: isTrial });
  const answer = await fetch(`/api/target/v1/plans/import?${asked}`, {
    method: "POST",
    body: chosen,
    headers: { "Content-Type": kind, "Accept-Language": document.documentElement.lang },
  }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  button.textContent = label;
  button.disabled = false;
  if (answer?.ok) return said;
  const places = Object.entries(said?.validationErrors ?? {}).map(([place, why]) => `${place}: ${why.join(" ")}`);
  complain([said?.detail ?? words.away, ...(said?.fixes ?? []), ...places].join(" · "));
  return null;
}

function finding(each) {
  const line = make("li");
  const colour = { conflict: "red", warning: "yellow" }[each.severity] ?? "faint";
  const what = make("span", chinese ? each.zh : each.en);
  what.append(make("small", chinese ? each.remedy_zh : each.remedy_en, { className: "block" }));
  line.append(make("span", words[`severity-${each.severity}`], { className: `chip ${colour}` }), what);
  line.append(make("small", fill(words.line, each.lines.join(", "))));
  return line;
}

function row(each) {
  const line = make("tr");
  const what = make("td", each.cells.task ?? each.cells.content ?? "");
  if (each.cells.task && each.cells.content) what.append(make("small", each.cells.content));
  const end = each.ongoing ? words.ongoing : each.end;
  const when = [each.start, end].filter(Boolean).join(` ${words.to} `);
  line.append(make("td", each.line), what, make("td", each.cells.lead ?? each.cells.undertakers), make("td", when));
  return line;
}

function show({ read, made, cycles }) {
  byId("plan-title").textContent = [read.title, read.number].filter(Boolean).join(" · ");
  const counts = ["plan", "goal", "task", "body", "basis"].map((kind) => [kind, made.filter((each) => each.kind === kind).length]);
  byId("plan-made").replaceChildren(...[...counts, ["cycle", cycles.length]].map(([kind, count]) => {
    const pair = make("div");
    pair.append(make("dt", words[`of-${kind}`]), make("dd", count));
    return pair;
  }));
  const findings = read.findings.map(finding);
  byId("plan-findings").replaceChildren(...(findings.length ? findings : [make("li", words.clean, { className: "okay" })]));
  byId("plan-rows").replaceChildren(...read.rows.map(row));
  told.hidden = false;
}

file.addEventListener("change", () => {
  tryOut.disabled = !file.files.length;
  told.hidden = true;
  complain("");
});
tryOut.addEventListener("click", async () => {
  const said = await send(true);
  if (!said) return;
  show(said);
  take.hidden = false;
  take.focus();
});
take.addEventListener("click", async () => {
  const said = await send(false);
  const plan = said?.made.find((each) => each.kind === "plan");
  if (plan) location.assign(`/plans/${encodeURIComponent(plan.key)}?done=plan-brought-in`);
});
