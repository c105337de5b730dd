// What makes the page live. Without it, everything works, and nothing moves.
"use strict";
(() => {
  const root = document.documentElement;
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy("redial", { createHTML: (html) => html })
    : { createHTML: (html) => html };

  // Where the viewer's clock is, so that times are shown by it.
  const place = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (place && place !== root.dataset.place) {
    document.cookie = `redial-place=${place}; Path=/; SameSite=Lax; Max-Age=31536000`;
    if (document.cookie.includes(`redial-place=${place}`)) location.reload();
  }

  // Clocks run: since a time, or until one, by the server's clock.
  const ahead = Number(root.dataset.now) - Date.now();
  const two = (n) => String(n).padStart(2, "0");
  const clock = (ms) => {
    const s = Math.round(Math.abs(ms) / 1000);
    return s < 3600
      ? `${Math.floor(s / 60)}:${two(s % 60)}`
      : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  };
  const run = (within) => {
    for (const el of within.querySelectorAll("[data-clock]")) {
      const from = Number(el.dataset.clock);
      const left = from - Date.now() - ahead;
      el.textContent = clock(el.dataset.until !== undefined ? Math.max(0, left) : left);
    }
  };
  setInterval(() => run(document), 1000);

  // An HTML fragment replaces the element with its id. A row that is new goes to the top of the list.
  const rows = document.getElementById("rows");
  const newButton = document.querySelector("[data-new]");
  const bare = (el) => el.outerHTML.replace(/ changed"/, '"').replace(/(data-clock="\d+"[^>]*>)[^<]*/g, "$1");
  let waiting = [];
  const busy = () => rows.matches(":hover") || rows.contains(document.activeElement) || window.scrollY > 200;

  const swap = (old, fresh) => {
    if (bare(old) === bare(fresh)) return;
    if (old.tagName === "DETAILS") fresh.open = old.open;
    const focused = old.contains(document.activeElement) && document.activeElement !== document.body;
    if (old.tagName === "TR" || old.tagName === "LI") fresh.classList.add("changed");
    old.replaceWith(fresh);
    if (focused) fresh.querySelector("a, summary, button")?.focus();
    if (fresh.dataset.title) document.title = fresh.dataset.title;
  };
  const show = () => {
    for (const row of waiting) rows.prepend(row);
    waiting = [];
    while (rows.children.length > Number(rows.dataset.rows)) rows.lastElementChild.remove();
    told();
  };
  const told = () => {
    if (!newButton) return;
    newButton.hidden = waiting.length === 0;
    newButton.textContent = newButton.dataset.text.replace("#", String(waiting.length));
  };
  const take = (html) => {
    const box = document.createElement("template");
    box.innerHTML = policy.createHTML(html);
    run(box.content);
    for (const fresh of [...box.content.children]) {
      const old = document.getElementById(fresh.id);
      const held = waiting.findIndex((row) => row.id === fresh.id);
      if (old) swap(old, fresh);
      else if (held >= 0) waiting[held] = fresh;
      else if (rows?.dataset.rows) waiting.push(fresh);
      else if (rows) return location.reload(); // the list was empty
    }
    if (waiting.length > 0 && !busy()) show();
    else told();
  };

  // The stream. A tab that nobody sees has none; whoever comes back is shown how it stands then.
  let stream = null;
  let paused = false;
  const pauseButton = document.querySelector("[data-pause]");
  const close = () => {
    stream?.close();
    stream = null;
  };
  const open = () => {
    if (stream || paused || document.hidden || !root.dataset.live) return;
    stream = new EventSource(root.dataset.live);
    stream.onopen = () => (root.dataset.stream = "on");
    stream.onmessage = (event) => take(event.data);
    stream.onerror = () => {
      root.dataset.stream = "off";
      if (stream?.readyState !== EventSource.CLOSED) return; // the browser tries again
      close();
      setTimeout(() => location.reload(), 10000); // signed out, or too many pages are live
    };
    stream.addEventListener("gone", () => location.reload()); // the viewer is signed out
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  if (pauseButton) {
    pauseButton.hidden = !root.dataset.live;
    pauseButton.addEventListener("click", () => {
      paused = !paused;
      pauseButton.setAttribute("aria-pressed", String(paused));
      pauseButton.textContent = paused ? pauseButton.dataset.goText : pauseButton.dataset.pauseText;
      paused ? close() : open();
    });
  }
  newButton?.addEventListener("click", () => {
    show();
    window.scrollTo({ top: 0 });
    rows.querySelector("a")?.focus();
  });
  rows?.addEventListener("pointerleave", () => setTimeout(() => !busy() && waiting.length > 0 && show(), 300));

  // Pointing at an attempt in the picture marks its line in the list.
  for (const type of ["pointerover", "pointerout"])
    document.addEventListener(type, (event) => {
      const bar = event.target.closest?.("[data-attempt]");
      if (bar) document.getElementById(`attempt-${bar.dataset.attempt}`)?.classList.toggle("pointed", type === "pointerover");
    });

  // What is copied by a button, and what asks before it does something.
  for (const el of document.querySelectorAll("[data-copy]")) {
    el.hidden = !navigator.clipboard;
    el.addEventListener("click", async () => {
      await navigator.clipboard.writeText(el.dataset.copy);
      el.textContent = el.dataset.done;
    });
  }
  open();
})();
