"use strict";
(() => {
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const made = (tag, text, attributes = {}) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.textContent = text; // never as markup
    return element;
  };

  // --- colours: the system's, or as chosen; the choice is kept where the browser lets it be ---
  const themes = ["system", "light", "dark"];
  const stored = {
    get: () => { try { return localStorage.getItem("errata-colours"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("errata-colours", value); } catch { /* not kept */ } },
  };
  let theme = themes.includes(stored.get()) ? stored.get() : "system";
  const paint = () => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const button = one("#theme");
    if (button) button.textContent = `Colours: ${theme}`;
  };
  paint();

  // --- types by what became of them ---
  let life = "";
  const showLives = () => {
    const group = one("#lives");
    if (!group) return;
    const threads = all("details.thread");
    const states = [...new Set(threads.map((t) => t.dataset.life))];
    if (!states.includes(life)) life = "";
    group.replaceChildren(...["", ...states].map((state) => {
      const count = threads.filter((t) => !state || t.dataset.life === state).length;
      const button = made("button", `${state || "all"} ${count}`, { type: "button" });
      button.setAttribute("aria-pressed", String(state === life));
      button.addEventListener("click", () => {
        life = state;
        showLives();
        all("button", group)[["", ...states].indexOf(state)].focus();
      });
      return button;
    }));
    group.hidden = states.length < 2;
    for (const thread of threads) thread.hidden = Boolean(life) && thread.dataset.life !== life;
  };

  // --- search over the examples that stand in this file ---
  const STEP = 20;
  const selects = { kind: "#by-kind", round: "#by-round", type: "#by-type", fate: "#by-fate" };
  let samples = [];
  let shown = STEP;
  const index = () => {
    const seen = new Map();
    for (const article of all("article.sample")) {
      if (article.closest("#results")) continue;
      const key = `${article.dataset.kind} ${article.dataset.id}`;
      if (!seen.has(key)) seen.set(key, { article, text: "" });
    }
    samples = [...seen.values()];
    for (const [field, selector] of Object.entries(selects)) {
      const select = one(selector);
      const chosen = select.value;
      const values = [...new Set(samples.map((s) => s.article.dataset[field]))].filter(Boolean).sort();
      select.replaceChildren(made("option", "all", { value: "" }), ...values.map((v) => made("option", v, { value: v })));
      select.value = values.includes(chosen) ? chosen : "";
    }
  };
  const words = (sample) => (sample.text ||= sample.article.textContent.toLowerCase());
  const mark = (query, results) => {
    if (!globalThis.Highlight) return;
    CSS.highlights.delete("hit");
    if (!query) return;
    const ranges = [];
    const walker = document.createTreeWalker(results, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.toLowerCase();
      for (let at = text.indexOf(query); at >= 0; at = text.indexOf(query, at + query.length)) {
        const range = new Range();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, Math.min(at + query.length, walker.currentNode.length));
        ranges.push(range);
      }
    }
    CSS.highlights.set("hit", new Highlight(...ranges));
  };
  const search = () => {
    const query = one("#find").value.trim().toLowerCase();
    const wanted = Object.entries(selects).map(([field, selector]) => [field, one(selector).value]);
    const found = samples.filter((s) =>
      wanted.every(([field, value]) => !value || s.article.dataset[field] === value)
      && (!query || words(s).includes(query)));
    const results = one("#results");
    results.replaceChildren(...found.slice(0, shown).map(({ article }) => {
      const copy = article.cloneNode(true);
      const about = ["kind", "round", "type", "fate"].map((f) => article.dataset[f]).filter(Boolean);
      copy.prepend(made("p", about.join(" · "), { className: "about" }));
      return copy;
    }));
    const rest = found.length > shown ? `, the first ${shown} shown` : "";
    one("#found").textContent = found.length
      ? `${found.length} of ${samples.length} examples${rest}`
      : samples.length
        ? `None of ${samples.length} examples is like that. Try fewer words, or other filters.`
        : "There are no examples yet.";
    one(".search").hidden = !samples.length;
    one("#more").hidden = found.length <= shown;
    mark(query, results);
  };

  // --- where an address leads into something closed, it is opened ---
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };

  // --- which part is being read ---
  const follow = () => {
    if (!globalThis.IntersectionObserver) return;
    const links = new Map(all("nav a").map((a) => [a.hash.slice(1), a]));
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-20% 0px -75% 0px" });
    for (const section of all("main > section")) watcher.observe(section);
  };

  // --- a run that goes on: news of it twice in five seconds, the page anew when a stage is done ---
  const refresh = async () => {
    const answer = await fetch("./", { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const open = new Map(all("main details[id]").map((d) => [d.id, d.open]));
    for (const part of all("#hero, main > section:not(#examples)")) {
      const other = fresh.getElementById(part.id);
      if (!other) continue;
      for (const d of all("details[id]", other)) if (open.has(d.id)) d.open = open.get(d.id);
      part.replaceWith(document.adoptNode(other));
    }
    const data = fresh.getElementById("summary");
    if (data) one("#summary").replaceWith(document.adoptNode(data));
    ready();
  };
  let version = null;
  const look = async () => {
    const now = one("#now");
    try {
      const answer = await fetch("now.json", { cache: "no-store" });
      const news = await answer.json();
      // What stands between backticks is a command.
      const parts = news.lines.join("\n").split("`");
      now.replaceChildren(...parts.map((part, n) => (n % 2 ? made("code", part) : part)));
      now.hidden = !news.lines.length;
      if (version !== null && news.version !== version) await refresh();
      version = news.version;
    } catch {
      now.textContent = "The server does not answer any more; what is shown is as it was.";
      now.hidden = false;
    }
    setTimeout(look, 2000);
  };

  const ready = () => {
    showLives();
    if (one("#examples")) { index(); search(); }
    follow();
  };
  document.addEventListener("DOMContentLoaded", () => {
    paint();
    const button = one("#theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      theme = themes[(themes.indexOf(theme) + 1) % themes.length];
      stored.set(theme);
      paint();
    });
    for (const part of all(".scripted")) part.hidden = false;
    if (one("#examples")) {
      one("#find").addEventListener("input", () => { shown = STEP; search(); });
      for (const s of Object.values(selects)) one(s).addEventListener("change", () => { shown = STEP; search(); });
      one("#more").addEventListener("click", () => { shown += STEP; search(); });
    }
    ready();
    addEventListener("hashchange", reveal);
    if (location.hash) reveal();
    if ("live" in root.dataset) look();
  });
})();
