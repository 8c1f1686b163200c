// What is written into a section is saved by itself, a little after the last key and when the page
// is left; a version of each text is kept. Without this module the button saves it.

const LANGUAGE = document.documentElement.lang;
const REST = 2000;
const forms = [...document.querySelectorAll("form[data-saves]")];
// A report has one version for all its sections: what is written into several is saved in turn.
let turn = Promise.resolve();
let saving = false;

for (const form of forms) {
  const said = form.querySelector("[role=status]");
  const areas = [...form.querySelectorAll("textarea")];
  const kept = new Map(areas.map((each) => [each, each.value]));
  let timer = 0;

  const save = () => {
    clearTimeout(timer);
    turn = turn.then(send);
  };

  async function send() {
    const texts = new Map(areas.filter((each) => each.value !== kept.get(each)).map((each) => [each, each.value]));
    if (!texts.size) return;
    saving = true;
    const answer = await fetch(form.dataset.saves, {
      method: "PUT",
      keepalive: document.hidden,
      headers: { "Accept-Language": LANGUAGE, "Content-Type": "application/json", "If-Match": `"${form.elements.version.value}"` },
      body: JSON.stringify({ texts: Object.fromEntries([...texts].map(([area, text]) => [area.name.slice("text.".length), text])) }),
    }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    saving = false;
    if (!answer?.ok || !told) {
      said.textContent = form.dataset.unsaved.replace("{}", told?.detail ?? "");
      return;
    }
    for (const [area, text] of texts) kept.set(area, text);
    for (const each of forms) each.elements.version.value = told.version;
    said.textContent = form.dataset.saved.replace("{}", new Date().toLocaleTimeString(LANGUAGE));
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, REST);
  });
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (!saving) return;
    // The version that the form holds is about to be an old one.
    event.preventDefault();
    await turn;
    form.requestSubmit();
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
}
