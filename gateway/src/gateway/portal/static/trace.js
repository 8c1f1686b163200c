// What followed from one request: asked of the gateway by its id, and put down in its order.

const place = document.querySelector("#followed");
const PAGES = { alert: "/alerts/", correction: "/corrections/", report: "/reports/" };

function row(step, names) {
  const item = document.createElement("li");
  const kind = document.createElement("span");
  kind.className = "chip faint";
  kind.textContent = names.get(step.kind) ?? step.kind;
  const title = document.createElement(PAGES[step.kind] ? "a" : "span");
  if (PAGES[step.kind]) title.href = PAGES[step.kind] + encodeURIComponent(step.id);
  title.textContent = [step.title, step.scope, step.period].filter(Boolean).join(" · ");
  const at = document.createElement("small");
  at.textContent = `${step.service} · ${new Date(step.at).toLocaleTimeString(document.documentElement.lang)}`;
  item.append(kind, title, at);
  return item;
}

if (place) {
  const { id, none, away, more } = place.dataset;
  const say = place.querySelector("p");
  const names = new Map([...place.querySelectorAll("[data-kind]")].map((each) => [each.dataset.kind, each.textContent]));
  const answer = await fetch(`/api/gateway/v1/trace/${encodeURIComponent(id)}`, { headers: { "Accept-Language": document.documentElement.lang } }).catch(() => null);
  const told = answer?.ok ? await answer.json() : null;
  if (told?.steps?.length) {
    const list = document.createElement("ol");
    list.className = "lines";
    list.append(...told.steps.map((each) => row(each, names)));
    say.replaceWith(list);
    const rest = [told.cut ? more : "", told.unanswered?.length ? `${away}: ${told.unanswered.join(", ")}` : ""].filter(Boolean);
    if (rest.length) list.insertAdjacentElement("afterend", Object.assign(document.createElement("p"), { className: "hint", textContent: rest.join(" · ") }));
  } else {
    const said = answer && answer.status !== 404 ? await answer.json().catch(() => null) : null;
    say.textContent = said?.detail ?? (answer ? none : away);
  }
}
