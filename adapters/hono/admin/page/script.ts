/**
 * What runs in the browser: the switch of the theme, numbers that move, and the list of events. The pages work without it.
 *
 * @module
 */

/** JavaScript for browsers of the last years, served as it is. */
export const SCRIPT: string = `const base = document.body.dataset.base;
const one = (selector) => document.querySelector(selector);

const themes = ["auto", "light", "dark"];
const words = { auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" };
const root = document.documentElement;
const themeSwitch = one("[data-theme-switch]");
if (themeSwitch) {
  themeSwitch.hidden = false;
  themeSwitch.textContent = words[root.dataset.theme];
  themeSwitch.addEventListener("click", () => {
    const theme = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
    root.dataset.theme = theme;
    one("meta[name=color-scheme]").content = theme === "auto" ? "light dark" : theme;
    themeSwitch.textContent = words[theme];
    document.cookie = "tiercel_theme=" + theme + "; path=" + (base || "/") + "; max-age=31536000; samesite=strict";
  });
}

const live = one("#live");
const pause = one("[data-pause]");
if (live) {
  let isPaused = false;
  const parser = new DOMParser();
  const look = async () => {
    if (isPaused || document.hidden) return;
    const response = await fetch(base + "/live", { headers: { accept: "text/html" } });
    if (response.redirected || response.status === 401) return location.reload();
    if (!response.ok) throw new Error(response.statusText);
    const fresh = parser.parseFromString(await response.text(), "text/html");
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const old = live.querySelector('[data-live="' + part.dataset.live + '"]');
      // Who stands in it with the keyboard, or selects something, is not thrown out.
      const selection = getSelection();
      if (!old || old.contains(document.activeElement) || old.innerHTML === part.innerHTML) continue;
      if (selection && !selection.isCollapsed && old.contains(selection.anchorNode)) continue;
      old.replaceChildren(...part.childNodes);
    }
    live.classList.remove("lost");
  };
  const again = async () => {
    try {
      await look();
    } catch {
      live.classList.add("lost");
    }
    setTimeout(again, Number(live.dataset.every));
  };
  setTimeout(again, 1000);
  pause.hidden = false;
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? "Go on" : "Pause";
  });
}

const start = one("[data-events]");
const feed = one("[data-feed]");
if (start && feed) {
  let source;
  let waiting = [];
  start.hidden = false;
  const line = (event) => {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = new Date(event.at).toLocaleTimeString();
    const name = document.createElement("strong");
    name.textContent = event.name;
    const rest = { ...event };
    for (const known of ["at", "name", "key"]) delete rest[known];
    item.append(time, " ", name, " " + (event.key ?? "") + " ");
    const more = document.createElement("small");
    more.textContent = Object.entries(rest).map(([key, value]) => key + ": " + value).join(", ");
    item.append(more);
    return item;
  };
  // Once in a frame, however many there are.
  const show = () => {
    const items = waiting.splice(0).slice(-200).map(line).reverse();
    feed.prepend(...items);
    while (feed.children.length > 200) feed.lastChild.remove();
  };
  start.addEventListener("click", () => {
    if (source) {
      source.close();
      source = undefined;
      start.textContent = "Start";
      return;
    }
    feed.hidden = false;
    start.textContent = "Stop";
    source = new EventSource(base + "/api/events");
    source.addEventListener("cache", ({ data }) => {
      if (waiting.push(JSON.parse(data)) === 1) requestAnimationFrame(show);
      if (waiting.length > 1000) waiting = waiting.slice(-200);
    });
  });
}
`;
