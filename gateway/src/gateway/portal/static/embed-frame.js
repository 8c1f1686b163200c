// The shell of an embedded piece: it holds nothing until the page around it hands a token over, by a
// channel of their own. One hello is taken, from the parent, from a registered origin.

const main = document.getElementById("main");
const origins = new Set(main.dataset.origins.split(" ").filter(Boolean));
const REFRESH = 20000;

let port = null;
let origin = "";
let token = "";
let asked = new URLSearchParams(location.search);
let shown = null;
let height = 0;
let timer = null;

asked.delete("client");

function send(type, more = {}) {
  port?.postMessage({ type, ...more });
}

function hello(event) {
  const told = event.data;
  const isOurs = told?.type === "h8:init" && told.v === 1 && typeof told.token === "string";
  if (port || !isOurs || event.source !== parent || parent === window) return;
  if (!origins.has(event.origin) || !event.ports[0]) return;
  [port] = event.ports;
  origin = event.origin;
  token = told.token;
  wear(told.theme);
  port.onmessage = (message) => heard(message.data);
  send("h8:ready");
  load();
}

function heard(told) {
  if (told?.type === "h8:token" && typeof told.token === "string") {
    token = told.token;
    load();
  } else if (told?.type === "h8:theme") wear(told.theme);
  else if (told?.type === "h8:filter") {
    asked = new URLSearchParams(told.filter ?? {});
    load();
  }
}

function wear(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

async function load() {
  clearTimeout(timer);
  try {
    const answer = await fetch(`/embed/fragments/${main.dataset.view}?${asked}`, {
      headers: { Authorization: `Bearer ${token}`, "Embed-Origin": origin },
      credentials: "omit",
    });
    if (answer.status === 401) {
      send("h8:token-expired");
      return; // what is shown stays until there is a new token
    }
    if (!answer.ok) {
      const problem = await answer.json();
      if (shown === null) say(problem.detail);
      send("h8:error", { problem });
    } else show(await answer.text());
  } catch {
    if (shown === null) say(main.dataset.away);
  }
  timer = setTimeout(() => (document.hidden ? again() : load()), REFRESH);
}

function again() {
  timer = setTimeout(load, REFRESH);
}

function show(html) {
  main.removeAttribute("aria-busy");
  if (html === shown) return;
  shown = html;
  main.innerHTML = html;
  send("h8:count", { alerts: main.querySelectorAll("[data-alert]").length });
}

function say(text) {
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = text;
  main.removeAttribute("aria-busy");
  main.replaceChildren(hint);
}

main.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link) return;
  event.preventDefault();
  const address = new URL(link.getAttribute("href"), location.href);
  send("h8:navigate", { path: address.pathname + address.search + address.hash });
});
main.addEventListener("submit", (event) => event.preventDefault());

new ResizeObserver(() => {
  const now = Math.ceil(main.getBoundingClientRect().height);
  if (now === height) return;
  height = now;
  send("h8:resize", { height });
}).observe(main);

addEventListener("message", hello);
if (parent === window) say(main.dataset.alone);
