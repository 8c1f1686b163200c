// Pieces of the portal in the pages of another site: <helix8-embed> is a frame, <h8-…> are single
// figures in the page itself. The page's own back end mints the tokens; they go in headers only.

const HUB = new URL(import.meta.url).origin;
const VERSION = 1;
const TALLEST = 20000;
const REFRESH = 20000;

// A page says `token` itself, or where its back end answers {"token": …}.
async function tokenOf(element) {
  if (element.token) return element.token;
  const address = element.getAttribute("token-url");
  if (!address) throw new Error("token-url");
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`token-url ${answer.status}`);
  return (await answer.json()).token;
}

function tell(element, name, detail) {
  return element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
}

function goTo(element, path) {
  const address = new URL(path, HUB);
  if (address.origin !== HUB) return;
  if (tell(element, "h8:navigate", { path, href: address.href })) open(address.href, "_blank", "noopener");
}

class Embed extends HTMLElement {
  static observedAttributes = ["theme"];
  #port = null;
  #token = "";
  #frame = null;

  get token() {
    return this.#token;
  }

  set token(token) {
    this.#token = token;
    this.#port?.postMessage({ type: "h8:token", token });
  }

  set filter(filter) {
    this.#port?.postMessage({ type: "h8:filter", filter });
  }

  attributeChangedCallback(_name, _before, theme) {
    this.#port?.postMessage({ type: "h8:theme", theme });
  }

  connectedCallback() {
    if (this.#frame) return;
    const root = this.attachShadow({ mode: "open" });
    const address = new URL(this.getAttribute("src"), HUB);
    const frame = (this.#frame = document.createElement("iframe"));
    if (this.hasAttribute("self-test")) root.append(checks(this));
    frame.src = address.href;
    frame.title = this.getAttribute("title") ?? "Helix8";
    frame.referrerPolicy = "no-referrer";
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin");
    Object.assign(frame.style, { border: "0", width: "100%", display: "block", colorScheme: "normal" });
    frame.style.height = `${this.#least}px`;
    frame.addEventListener("load", () => this.#begin(address.origin));
    root.append(frame);
    Object.assign(this.style, { display: "block" });
  }

  get #least() {
    return Number(this.getAttribute("min-height")) || 120;
  }

  async #begin(origin) {
    if (origin !== HUB) return;
    try {
      const token = await tokenOf(this);
      const channel = new MessageChannel();
      this.#port = channel.port1;
      this.#port.onmessage = (event) => this.#heard(event.data);
      const theme = this.getAttribute("theme");
      const told = { type: "h8:init", v: VERSION, token, locale: this.getAttribute("locale"), theme };
      this.#frame.contentWindow.postMessage(told, HUB, [channel.port2]);
    } catch (error) {
      tell(this, "h8:error", { problem: { detail: String(error.message ?? error) } });
    }
  }

  async #heard(told) {
    switch (told?.type) {
      case "h8:resize":
        this.#frame.style.height = `${Math.min(Math.max(told.height, this.#least), TALLEST)}px`;
        break;
      case "h8:navigate":
        goTo(this, told.path);
        break;
      case "h8:token-expired":
        if (!tell(this, "h8:token-expired") || !this.hasAttribute("token-url")) break;
        this.#token = "";
        try {
          this.#port.postMessage({ type: "h8:token", token: await tokenOf(this) });
        } catch (error) {
          tell(this, "h8:error", { problem: { detail: String(error.message ?? error) } });
        }
        break;
      case "h8:ready":
      case "h8:count":
      case "h8:error":
        tell(this, told.type, told);
        break;
    }
  }
}

// What an integrator would look for when nothing is to be seen.
function checks(element) {
  const list = document.createElement("ol");
  const english = element.getAttribute("locale") === "en";
  const say = (zh, en, passed) => {
    const item = document.createElement("li");
    item.textContent = `${passed ? "✓" : "✗"} ${english ? en : zh}`;
    item.dataset.passed = String(passed);
    list.append(item);
  };
  const run = async () => {
    try {
      const known = await (await fetch(`${HUB}/embed/v1/origins/check`, { credentials: "omit" })).json();
      say(`来源 ${location.origin} 已登记为嵌入框`, `${location.origin} is registered for frames`, known.frame);
      say("已登记为单个图件", "and for single figures", known.element);
    } catch {
      say(`无法访问 ${HUB}：检查 connect-src`, `${HUB} is out of reach: look at connect-src`, false);
    }
    try {
      const token = await tokenOf(element);
      say("令牌地址有应答", "the token address answers", typeof token === "string" && token.startsWith("h8e_"));
      const view = new URL(element.getAttribute("src"), HUB).pathname.split("/").pop();
      const answer = await fetch(`${HUB}/embed/fragments/${view}`, { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" });
      const why = answer.ok ? "" : `：${(await answer.json()).detail}`;
      say(`令牌可用于此部件${why}`, `the token is good for this piece${why}`, answer.ok);
    } catch (error) {
      say(`令牌：${error.message}`, `token: ${error.message}`, false);
    }
  };
  addEventListener("securitypolicyviolation", (event) => say(`内容安全策略拦截 ${event.effectiveDirective}`, `blocked by the policy: ${event.effectiveDirective}`, false));
  element.addEventListener("h8:ready", () => say("握手完成", "the frame has answered", true), { once: true });
  run();
  return list;
}

class Figure extends HTMLElement {
  #token = "";
  #inside = null;
  #timer = null;

  get token() {
    return this.#token;
  }

  set token(token) {
    this.#token = token;
    if (this.isConnected) this.load();
  }

  connectedCallback() {
    if (!this.#inside) {
      const root = this.attachShadow({ mode: "open" });
      const style = document.createElement("link");
      style.rel = "stylesheet";
      style.href = `${HUB}/embed/v1/embed.css`;
      this.#inside = document.createElement("div");
      this.#inside.className = "embedded";
      root.append(style, this.#inside);
      root.addEventListener("click", (event) => {
        const link = event.target.closest?.("a[href]");
        if (!link) return;
        event.preventDefault();
        goTo(this, link.getAttribute("href"));
      });
      root.addEventListener("submit", (event) => event.preventDefault());
    }
    this.load();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  async load(again = true) {
    clearTimeout(this.#timer);
    if (!this.#token && !this.hasAttribute("token-url")) return;
    try {
      const asked = new URLSearchParams();
      for (const name of ["of", "goal", "period", "cycle"]) if (this.hasAttribute(name)) asked.set(name, this.getAttribute(name));
      this.#token ||= await tokenOf(this);
      const headers = { Authorization: `Bearer ${this.#token}` };
      const answer = await fetch(`${HUB}/embed/fragments/${this.constructor.view}?${asked}`, { headers, credentials: "omit" });
      if (answer.status === 401) {
        this.#token = "";
        if (tell(this, "h8:token-expired") && again && this.hasAttribute("token-url")) return this.load(false);
        return;
      }
      if (!answer.ok) {
        tell(this, "h8:error", { problem: await answer.json() });
        return;
      }
      const html = await answer.text();
      if (html !== this.#inside.innerHTML) this.#inside.innerHTML = html;
      tell(this, "h8:ready");
    } catch (error) {
      tell(this, "h8:error", { problem: { detail: String(error.message ?? error) } });
    } finally {
      if (this.isConnected) this.#timer = setTimeout(() => (document.hidden ? null : this.load()), REFRESH);
    }
  }
}

const FIGURES = {
  "h8-spiral": "spiral",
  "h8-level-cards": "levels",
  "h8-alerts": "alerts",
  "h8-corrections": "corrections",
  "h8-tasks": "tasks",
  "h8-onepage": "onepage",
  "h8-attainment": "attainment",
  "h8-profile": "profile",
};

if (!customElements.get("helix8-embed")) {
  customElements.define("helix8-embed", Embed);
  for (const [name, view] of Object.entries(FIGURES)) {
    customElements.define(name, class extends Figure { static view = view; });
  }
}
