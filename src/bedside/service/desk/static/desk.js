"use strict";
// The desk's own script: choose a fact and see its characters, choose characters and see the fact, keys, adding.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (target) => target.closest("input, textarea, select, dialog") !== null;
  const ids = (element) => (element.dataset.facts || "").split(" ").filter(Boolean);

  // --- facts and characters

  let chosen = "";

  function choose(fact, move) {
    chosen = fact;
    for (const button of all("[data-choose]")) {
      const mine = button.closest("[data-fact]").dataset.fact === fact;
      button.setAttribute("aria-pressed", String(mine));
      if (mine && move) { button.focus({ preventScroll: true }); button.scrollIntoView({ block: "nearest" }); }
    }
    let first = true;
    for (const mark of all("mark[data-facts]")) {
      const mine = ids(mark).includes(fact);
      mark.classList.toggle("chosen", mine);
      if (mine && first) { mark.scrollIntoView({ block: "nearest" }); first = false; }
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose]");
    if (button) { choose(button.closest("[data-fact]").dataset.fact, false); return; }
    if (event.target.closest("[data-keys]")) { document.getElementById("keys").showModal(); return; }
    const place = event.target.closest("mark[data-facts], [data-facts]");
    if (place && ids(place).length && !event.target.closest("a, button, input") && !String(getSelection())) {
      choose(ids(place)[0], true);
    }
  });

  function step(by) {
    const rows = all("[data-row]");
    if (rows.length) {
      const at = rows.findIndex((row) => row.classList.contains("chosen"));
      const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
      rows.forEach((row) => row.classList.toggle("chosen", row === next));
      next.querySelector("a").focus();
      return;
    }
    const facts = all("[data-fact]").map((item) => item.dataset.fact);
    if (!facts.length) return;
    const at = facts.indexOf(chosen);
    choose(facts[Math.min(Math.max(at + by, 0), facts.length - 1)], true);
  }

  const item = () => chosen && document.getElementById(`fact-${chosen}`);

  function reject() {
    const box = item() && item().querySelector("input[name=reject]");
    if (box) { box.checked = !box.checked; box.dispatchEvent(new Event("change", { bubbles: true })); }
  }

  function correct() {
    const edit = item() && item().querySelector("details.edit");
    if (edit) { edit.open = true; edit.querySelector("select, input").focus(); }
  }

  document.addEventListener("change", (event) => {
    if (event.target.name === "reject") event.target.closest("li").classList.toggle("rejected", event.target.checked);
  });

  // --- adding a fact by its characters

  const adder = document.getElementById("adder");
  let marked = null;

  // Python counts code points, a browser counts halves of some of them.
  const points = (text) => [...text].length;

  function selection() {
    const picked = getSelection();
    if (!adder || !picked.rangeCount || picked.isCollapsed) return null;
    const range = picked.getRangeAt(0);
    const inside = (node) => (node.nodeType === 1 ? node : node.parentElement).closest("[data-document]");
    const text = inside(range.startContainer);
    if (!text || text !== inside(range.endContainer)) return null;
    const before = document.createRange();
    before.selectNodeContents(text);
    before.setEnd(range.startContainer, range.startOffset);
    const words = range.toString();
    const left = words.length - words.trimStart().length;
    const start = points(before.toString()) + points(words.slice(0, left));
    const quote = words.trim();
    return quote ? { document: text.dataset.document, start, end: start + points(quote), quote } : null;
  }

  function offer() {
    const found = selection();
    if (!found) return;
    marked = found;
    adder.querySelector("[data-quote]").textContent = `“${found.quote}”`;
    adder.hidden = false;
  }

  if (adder) {
    document.addEventListener("mouseup", (event) => { if (!adder.contains(event.target)) offer(); });
    document.addEventListener("keyup", (event) => { if (event.shiftKey && event.key.startsWith("Arrow")) offer(); });
    adder.querySelector("[data-cancel]").addEventListener("click", () => { adder.hidden = true; marked = null; });
    adder.querySelector("[data-add]").addEventListener("click", () => {
      if (!marked) return;
      const kind = adder.querySelector("[data-kind]");
      const stated = adder.querySelector("[data-assertion]");
      const name = adder.querySelector("[data-name]");
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "add";
      field.value = [marked.document, marked.start, marked.end, kind.value, stated.value, name.value].join("\t");
      const line = document.createElement("li");
      const text = document.createElement("span");
      text.className = `fact a-${stated.value}`;
      text.textContent = name.value || marked.quote;
      const undo = document.createElement("button");
      undo.type = "button";
      undo.className = "quiet";
      undo.textContent = "Take back";
      undo.addEventListener("click", () => line.remove());
      line.append(text, undo, field);
      document.getElementById("added").append(line);
      adder.hidden = true;
      name.value = "";
      marked = null;
    });
  }

  // --- keys

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const keys = {
      j: () => step(1), k: () => step(-1), r: reject, e: correct,
      a: () => { offer(); if (adder && !adder.hidden) adder.querySelector("[data-kind]").focus(); },
      u: () => { const field = document.getElementById("urgency"); if (field) field.focus(); },
      g: () => { location.href = "/desk"; },
      "?": () => document.getElementById("keys").showModal(),
    };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });

  // --- the rest

  document.addEventListener("submit", (event) => {
    const asks = event.target.dataset.confirm;
    if (asks && !confirm(asks)) event.preventDefault();
  });

  // A queue that is loaded anew keeps the row that was chosen.
  let row = "";
  document.addEventListener("htmx:beforeSwap", () => {
    const kept = document.querySelector("[data-row].chosen a");
    row = kept ? kept.getAttribute("href") : "";
  });
  document.addEventListener("htmx:afterSwap", () => {
    const again = row && document.querySelector(`[data-row] a[href="${row}"]`);
    if (again) again.closest("[data-row]").classList.add("chosen");
  });

  // Boxes over pictures, in pixels of the original.
  for (const figure of all("figure[data-box]")) {
    const box = figure.dataset.box.split(" ").map(Number);
    const image = figure.querySelector("img");
    const draw = () => {
      if (box.length !== 4 || !image.naturalWidth) return;
      const svg = figure.querySelector("svg");
      svg.setAttribute("viewBox", `0 0 ${image.naturalWidth} ${image.naturalHeight}`);
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const [left, top, right, bottom] = box;
      for (const [name, value] of [["x", left], ["y", top], ["width", right - left], ["height", bottom - top]]) rect.setAttribute(name, value);
      svg.replaceChildren(rect);
    };
    if (image.complete) draw(); else image.addEventListener("load", draw);
  }
})();
