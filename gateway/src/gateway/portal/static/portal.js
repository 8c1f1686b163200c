// The overview moves by itself: parts are asked for again one by one, alerts at once when the
// stream tells of one. Without this module the page is whole, it only stands still.

const main = document.getElementById("main");
const said = document.getElementById("said");
const parts = new Map();
// Only what was raised after the page was asked for is news, whatever comes into view later.
const since = Date.parse(main.dataset.since);
let known = alertIds();

function alertIds() {
  return new Set([...document.querySelectorAll("[data-alert]")].map((row) => row.dataset.alert));
}

class Part {
  constructor(element) {
    this.element = element;
    this.name = element.dataset.part;
    this.every = Number(element.dataset.every) * 1000;
    this.html = null;
    this.asking = false;
    this.again = false;
    this.timer = setTimeout(() => this.refresh(), this.every);
  }

  // One question at a time; one more that came meanwhile is asked afterwards.
  async refresh() {
    if (this.asking) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.asking = true;
    try {
      if (!document.hidden) await this.load();
    } finally {
      this.asking = false;
      const soon = this.again ? 400 : this.every;
      this.again = false;
      this.timer = setTimeout(() => this.refresh(), soon);
    }
  }

  async load() {
    let answer;
    try {
      answer = await fetch(`/portal/fragments/${this.name}?${main.dataset.asked}`, {
        headers: { "Accept-Language": document.documentElement.lang },
      });
    } catch {
      return; // the gateway is away for a moment; what is shown stays
    }
    if (answer.status === 401) {
      location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (!answer.ok) return;
    const html = await answer.text();
    if (html === this.html) return;
    this.html = html;
    this.show(html);
  }

  // Nothing that somebody is using may be taken from under the hand.
  show(html) {
    const focused = this.element.contains(document.activeElement) ? document.activeElement.id : "";
    if (this.element.querySelector("details[open]")) return;
    this.element.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    if (this.name === "alerts") greetNewRows();
  }
}

function greetNewRows() {
  showPulse();
  const fresh = [...document.querySelectorAll("[data-alert]")].filter(
    (row) => !known.has(row.dataset.alert) && Date.parse(row.dataset.raised) > since,
  );
  known = new Set([...known, ...alertIds()]);
  for (const row of fresh) flash(row);
  if (fresh.length) said.textContent = main.dataset.newAlert.replace("{}", fresh[0].dataset.title);
}

function flash(row) {
  row.classList.add("fresh");
  setTimeout(() => row.classList.remove("fresh"), 9000);
}

// An acknowledgement without leaving the page; anything but success is told on a page of its own.
main.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("acknowledge" in form.dataset)) return;
  event.preventDefault();
  form.querySelector("button").disabled = true;
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    redirect: "manual",
  }).catch(() => null);
  if (answer?.type !== "opaqueredirect") {
    form.submit();
    return;
  }
  said.textContent = main.dataset.acknowledged.replace("{}", form.dataset.acknowledge);
  for (const part of parts.values()) part.refresh();
});

let live = false;
let lastLive = new Date();

function showPulse() {
  const pulse = document.querySelector("[data-pulse]");
  if (!pulse) return;
  pulse.textContent = live ? main.dataset.live : main.dataset.off.replace("{}", lastLive.toLocaleTimeString());
  pulse.classList.toggle("on", live);
}

// The stream only says that something happened; the rows come from the server, drawn once.
let due = null;

function somethingHappened() {
  due ??= setTimeout(() => {
    due = null;
    for (const name of ["alerts", "levels", "corrections", "all-alerts", "all-corrections"]) parts.get(name)?.refresh();
  }, 120);
}

let stream = null;

function listen() {
  stream?.close();
  stream = new EventSource("/api/gateway/v1/alerts/stream");
  stream.onopen = () => {
    live = true;
    showPulse();
    somethingHappened();
  };
  stream.onerror = () => {
    if (live) lastLive = new Date();
    live = false;
    showPulse();
    // A refusal ends an EventSource for good; a broken connection does not.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  };
  for (const name of ["raised", "merged", "held", "acknowledged", "settled", "reset"]) {
    stream.addEventListener(name, somethingHappened);
  }
}

for (const element of document.querySelectorAll("[data-part]")) {
  parts.set(element.dataset.part, new Part(element));
}
// A hidden tab gives its connection back: a browser opens six to one host, and no more.
document.addEventListener("visibilitychange", () => {
  stream?.close();
  if (document.hidden) return;
  for (const part of parts.values()) part.refresh();
  listen();
});
listen();
