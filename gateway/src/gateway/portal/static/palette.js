// Ctrl K finds pages, objects and indicators anywhere. Without this module the link leads to a page.

const opener = document.querySelector("[data-palette]");
let dialog = null;
let turn = 0;

function build() {
  dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", opener.textContent);
  const input = document.createElement("input");
  Object.assign(input, { type: "search", placeholder: opener.dataset.palette, maxLength: 60, autocomplete: "off" });
  input.setAttribute("aria-label", opener.textContent);
  const found = document.createElement("div");
  found.setAttribute("aria-live", "polite");
  dialog.append(input, found);
  document.body.append(dialog);
  let timer = null;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => look(input.value, found), 150);
  });
  dialog.addEventListener("keydown", (event) => move(event, input, found));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}

async function look(text, found) {
  const mine = ++turn;
  const answer = await fetch(`/portal/search?q=${encodeURIComponent(text)}`, {
    headers: { "Accept-Language": document.documentElement.lang },
  }).catch(() => null);
  // The answer to what was typed before may come later.
  if (mine !== turn || !answer?.ok) return;
  found.innerHTML = await answer.text();
}

function move(event, input, found) {
  const links = [...found.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "ArrowDown") (links[at + 1] ?? links[0])?.focus();
  else if (event.key === "ArrowUp") (at > 0 ? links[at - 1] : input).focus();
  else if (event.key === "Enter" && document.activeElement === input) links[0]?.click();
  else return;
  event.preventDefault();
}

function open() {
  if (!dialog) build();
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input").select();
}

if (opener) {
  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
}
