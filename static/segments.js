// The segment editor: save and go on, drafts that survive a reload, live counts, keywords as chips.
"use strict";

/* ---- drafts: what is typed is kept in this browser until it is saved ---- */

const drafts = {
  // of one person: the next one at this browser must not find them
  key: (form) => `draft:${document.body.dataset.person}:${form.dataset.draft ?? form.getAttribute("action")}`,
  fields: (form) => all("textarea, input[name=keywords], input[name=opened_as], input[name=base]", form),

  keep(form) {
    const values = Object.fromEntries(this.fields(form).map((field) => [field.name, field.value]));
    localStorage.setItem(this.key(form), JSON.stringify(values));
  },

  drop(form) {
    localStorage.removeItem(this.key(form));
  },

  // With the version that it was begun from: what somebody else saved meanwhile is then found by the server, and both are shown.
  bring_back(form) {
    const kept = localStorage.getItem(this.key(form));
    if (!kept || "changed" in form.dataset) return;
    const values = JSON.parse(kept);
    const differs = this.fields(form).some((field) => field.matches("textarea") && field.value !== (values[field.name] ?? field.value));
    if (!differs) return this.drop(form);
    for (const field of this.fields(form)) field.value = values[field.name] ?? field.value;
    form.dataset.changed = "";
    one(".draft-note", form).hidden = false;
  },

  // segments of this page with a draft say so, and open it
  mark(root) {
    for (const link of all("a[data-edit]", root)) {
      if (localStorage.getItem(`draft:${document.body.dataset.person}:${link.getAttribute("href")}`)) link.textContent = "Continue editing";
    }
  },
};

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-editor]");
  if (!form) return;
  drafts.keep(form);
  count(form);
});

document.addEventListener("click", (event) => {
  const form = event.target.closest("form[data-editor]");
  if (!form) return;
  if (event.target.closest("[data-cancel]") && !("changed" in form.dataset)) drafts.drop(form);
  const taken = event.target.closest("[data-take]")?.dataset.take;
  if (taken) {
    const field = one(`[name=${taken}]`, form);
    field.value = one(`[data-theirs=${taken}]`, form).textContent;
    field.dispatchEvent(new Event("change"));
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

/* ---- split at the cursor: the place is sent as a number of characters, of which some are two units long here ---- */

document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-split]")?.form;
  if (!form) return;
  const field = one("[name=content]", form);
  one("[name=at]", form).value = [...field.value.slice(0, field.selectionStart)].length;
}, true);

/* ---- live counts ---- */

function count(form) {
  const text = one("[name=content]", form).value;
  const words = text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  one("[data-count]", form).textContent = `${text.length.toLocaleString()} characters, ${words.toLocaleString()} words`;
}

/* ---- save and open the next ---- */

let next = null;

document.addEventListener("keydown", (event) => {
  const form = event.target.closest("form[data-editor]");
  if (form && event.key === "Enter" && event.shiftKey && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    saveAndGoOn(form);
  }
}, true);

document.addEventListener("click", (event) => event.target.closest("[data-save-next]") && (next = event.target.closest("form").checkValidity() ? following(event.target.closest("form")) : null));

function saveAndGoOn(form) {
  const another = one("[name=another]", form);
  if (another) return another.click();
  next = form.checkValidity() ? following(form) : null;
  form.requestSubmit();
}

function following(form) {
  let row = form.nextElementSibling;
  while (row && !one("[data-edit]", row)) row = row.nextElementSibling; // a disabled one cannot be edited
  return row?.id;
}

document.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt; // event.detail.elt is its parent once the answer has taken its place
  if (!form.matches("form[data-editor], form[data-draft]")) return;
  if (event.detail.successful) drafts.drop(form);
  else next = null;
});

document.body.addEventListener("htmx:afterSettle", () => {
  if (!next) return;
  const link = one(`#${next} [data-edit]`);
  next = null;
  link?.click();
});

/* ---- keywords as chips: the field stays what is sent ---- */

function chips(field) {
  const box = document.createElement("div");
  box.className = "chips form-control";
  field.type = "hidden";
  field.after(box);
  const words = () => field.value.split(/[,，]/).map((word) => word.trim()).filter(Boolean);
  const set = (list) => {
    field.value = [...new Set(list)].join(", ");
    draw();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const draw = () => {
    box.replaceChildren(...words().map((word) => chip(word)), entry);
  };
  const chip = (word) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "keyword";
    button.textContent = `${word} ×`;
    button.setAttribute("aria-label", `Remove ${word}`);
    button.addEventListener("click", () => (set(words().filter((other) => other !== word)), entry.focus()));
    return button;
  };
  const entry = document.createElement("input");
  entry.className = "chip-entry";
  entry.setAttribute("aria-label", "Add a keyword");
  entry.setAttribute("autocomplete", "off");
  entry.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === ",") {
      event.preventDefault();
      take();
      entry.focus();
    } else if (event.key === "Backspace" && !entry.value && words().length) set(words().slice(0, -1));
  });
  const take = () => {
    const typed = entry.value.trim();
    entry.value = "";
    if (typed) set([...words(), ...typed.split(",").map((word) => word.trim())]);
  };
  entry.addEventListener("change", take);
  field.closest("form").addEventListener("submit", take, true); // what was typed and not yet made a chip
  field.addEventListener("change", draw);
  draw();
}

/* ---- each editor that appears ---- */

htmx.onLoad((root) => {
  drafts.mark(root);
  const forms = [...all("form[data-editor]", root), ...(root.matches?.("form[data-editor]") ? [root] : [])];
  for (const form of forms) {
    drafts.bring_back(form);
    all("input[name=keywords]", form).forEach(chips);
    count(form);
  }
});
