// Keeps the page as the sandbox is, without losing the reader's place. Everything works without it.
"use strict";
(() => {
  const main = () => document.querySelector("main");
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  const keyed = (root) => root.querySelectorAll("[data-key]");
  let seen = main().dataset.sequence;
  let busy = Promise.resolve();

  const changed = (field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked
    : field.options ? [...field.options].some((one, at) =>
        one.selected !== (one.defaultSelected || (at === 0 && ![...field.options].some((o) => o.defaultSelected))))
    : field.value !== field.defaultValue && field.tagName !== "BUTTON";
  const typedIn = (form) => "kept" in form.dataset || [...form.elements].some((one) => one.name && changed(one));

  // Puts the new inside in; what the reader opened stays open, what was typed stays typed.
  function swap(text, sent) {
    const next = new DOMParser().parseFromString(text, "text/html");
    const fresh = next.querySelector("main");
    if (!fresh) return;
    const twins = new Map([...keyed(fresh)].map((one) => [one.dataset.key, one]));
    const active = document.activeElement;
    const kept = [];
    for (const old of keyed(main())) {
      const twin = twins.get(old.dataset.key);
      if (!twin) continue;
      if (old.tagName === "DETAILS" && !(sent && old.contains(sent))) twin.open = old.open;
      if (old.tagName === "FORM" && old !== sent && typedIn(old)) kept.push([twin, old]);
    }
    for (const [twin, old] of kept) twin.replaceWith(old);
    document.title = next.title;
    seen = fresh.dataset.sequence;
    main().replaceWith(fresh);
    if (active && active !== document.body && fresh.contains(active)) active.focus({ preventScroll: true });
  }

  async function refresh() {
    const answer = await fetch(location.href, { cache: "no-store" });
    swap(await answer.text());
  }

  const selecting = () => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && main().contains(selection.anchorNode);
  };
  const visible = () => document.hidden
    ? new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }))
    : undefined;

  async function watch() {
    for (;;) {
      await visible();
      try {
        const answer = await fetch(main().dataset.live + "?since=" + seen, { cache: "no-store" });
        if (!answer.ok) throw new Error(answer.statusText);
        const now = await answer.text();
        document.body.classList.remove("away");
        while (selecting()) await pause(500);
        await busy;
        if (now !== seen) await refresh();
        await pause(300);
      } catch {
        document.body.classList.add("away");
        await pause(2000);
      }
    }
  }

  // Sends a form without leaving the page.
  async function send(form, submitter) {
    const body = new URLSearchParams(new FormData(form, submitter));
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
    const url = answer.redirected ? answer.url : location.href;
    const moved = url.split("#")[0] !== location.href.split("#")[0];
    if (moved) history.pushState(null, "", url);
    swap(await answer.text(), form);
    if (moved) scrollTo(0, 0);
    const notice = document.querySelector(".notice");
    if (notice) notice.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || !main().contains(form)) return;
    event.preventDefault();
    busy = send(form, event.submitter).catch(() => document.body.classList.add("away"));
  });
  addEventListener("popstate", () => { busy = refresh().catch(() => location.reload()); });
  watch();
})();
