"use strict";
(() => {
  const form = document.querySelector("form.filters");
  const entries = [...document.querySelectorAll("article.entry")].map((element) => ({
    element,
    states: element.dataset.states.split(" "),
    labels: element.dataset.labels.split("\n"),
    text: null,
  }));
  const lines = new Map();
  for (const link of document.querySelectorAll("nav .contents a[href^='#']")) {
    const line = link.closest("li");
    if (line) lines.set(link.hash.slice(1), line);
  }
  const folds = () => document.querySelectorAll("article.entry > details");
  const output = form.querySelector("output");
  const chosen = (name) => (form.elements[name] ? form.elements[name].value : "");

  function filter() {
    const words = chosen("text").toLowerCase().split(/\s+/).filter(Boolean);
    const group = chosen("group"), label = chosen("label"), state = chosen("state");
    const active = words.length > 0 || group || label || state;
    let count = 0;
    for (const line of lines.values()) line.classList.toggle("out", Boolean(active));
    for (const entry of entries) {
      if (words.length > 0 && entry.text === null) entry.text = entry.element.textContent.toLowerCase();
      const shown = (!group || entry.labels.includes(group))
        && (!label || entry.labels.includes(label))
        && (!state || entry.states.includes(state))
        && words.every((word) => entry.text.includes(word));
      entry.element.hidden = !shown;
      if (!shown) continue;
      count += 1;
      let line = lines.get(entry.element.id);
      for (; line; line = line.parentElement.closest("li")) line.classList.remove("out");
    }
    for (const item of document.querySelectorAll(".asked li")) {
      item.hidden = Boolean(group) && !item.dataset.labels.split("\n").includes(group);
    }
    for (const tool of document.querySelectorAll("section.tool")) {
      tool.hidden = !tool.querySelector("article.entry:not([hidden])") && Boolean(active);
    }
    for (const button of document.querySelectorAll("button[data-group]")) {
      button.setAttribute("aria-pressed", String(button.dataset.group === group));
    }
    document.querySelector("p.none").hidden = count > 0;
    output.textContent = active ? `${count} of ${entries.length}` : "";
  }

  function reveal() {
    const element = document.querySelector(":target");
    if (!element) return;
    if (element.hidden) { form.reset(); filter(); }
    const fold = element.querySelector(":scope > details");
    if (fold) fold.open = true;
    element.scrollIntoView();
  }

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.open.addEventListener("click", () => folds().forEach((fold) => { fold.open = true; }));
  form.elements.close.addEventListener("click", () => folds().forEach((fold) => { fold.open = false; }));
  for (const button of document.querySelectorAll("button[data-group]")) {
    button.disabled = false;
    button.addEventListener("click", () => {
      const select = form.elements.group;
      select.value = select.value === button.dataset.group ? "" : button.dataset.group;
      filter();
      form.scrollIntoView();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    form.elements.text.focus();
  });
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((fold) => { fold.open = false; }));
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) reveal();
  });
  if (matchMedia("(max-width: 60rem)").matches) document.querySelector("details.contents").open = false;
  form.hidden = false;
  filter();
  reveal();
})();
