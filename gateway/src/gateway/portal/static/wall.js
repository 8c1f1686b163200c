// The big screen at a set size in pixels: drawn 1080 high and scaled, so that nothing is squeezed,
// one scene after the other. Without a size it is as wide as its window.

const SECONDS = 20;
const HEIGHT = 1080;
const size = document.querySelector("#wall-head")?.dataset.size;

if (size) {
  const [wide, high] = size.split("x").map(Number);
  const main = document.querySelector("main");
  document.body.classList.add("fixed");
  main.style.width = `${Math.round((HEIGHT * wide) / high)}px`;
  main.style.height = `${HEIGHT}px`;
  const fit = () => {
    const room = Math.min(1, innerWidth / wide, innerHeight / high);
    main.style.transform = `scale(${(high / HEIGHT) * room})`;
  };
  addEventListener("resize", fit);
  fit();

  // A part that the server drew anew comes without what is said of it here: the class is the grid's.
  const grid = document.querySelector("#wall");
  const scenes = [...new Set([...grid.querySelectorAll("[data-scene]")].flatMap((each) => each.dataset.scene.split(" ")))].sort();
  let now = -1;
  const turn = () => { now = (now + 1) % scenes.length; grid.dataset.now = scenes[now]; };
  turn();
  const pause = document.querySelector("#wall-pause");
  const still = () => pause.getAttribute("aria-pressed") === "true";
  pause.addEventListener("click", () => pause.setAttribute("aria-pressed", String(!still())));
  document.querySelector("#wall-next").addEventListener("click", turn);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) pause.setAttribute("aria-pressed", "true");
  setInterval(() => { if (!still()) turn(); }, SECONDS * 1000);
}
