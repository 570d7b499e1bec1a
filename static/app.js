// What htmx does not do: keys, dialogs, notices, the ticked rows, and the queue of uploads.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);

/* ---- theme, menus, dialogs, notices ---- */

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-theme-switch]")) {
    const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    document.documentElement.dataset.bsTheme = theme;
    localStorage.setItem("theme", theme);
  }
  if (on("[data-show-keys]")) one("#keys").showModal();
  if (on("[data-copy]")) copy(on("[data-copy]"));
  if (on("[data-close-notice]")) on(".notice").remove();
  if (on("[data-close]") && on("dialog")) {
    event.preventDefault();
    on("dialog").close();
  }
  if (event.target.matches("dialog[open]")) event.target.close(); // the backdrop
  all("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
});

document.addEventListener("close", (event) => event.target.id === "dialog" && ((event.target.innerHTML = ""), (dropped = [])), true);

async function copy(button) {
  const field = one(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C"; // without a secure connection browsers copy only what people copy
  }
}

function fadeNotices() {
  all(".notice[data-fades]:not([data-fading])").forEach((notice) => {
    notice.dataset.fading = "";
    setTimeout(() => notice.remove(), notice.dataset.fades * 1000);
  });
}

const collapseMenu = matchMedia("(max-width: 767px)");
if (collapseMenu.matches) all(".side-menu, [data-closed-when-narrow]").forEach((part) => (part.open = false));
all("form[data-submit-at-once]").forEach((form) => form.submit());
fadeNotices();

/* ---- htmx ---- */

document.body.addEventListener("htmx:afterSwap", (event) => {
  const dialog = one("#dialog");
  if (event.detail.target === dialog && dialog.innerHTML.trim()) dialog.showModal();
  // done in the dialog; what is asked for behind it, such as how far a job is, must not take it away
  else if (dialog.open && event.detail.xhr.status < 400 && dialog.contains(event.detail.requestConfig.elt)) dialog.close();
  fadeNotices();
});

document.body.addEventListener("htmx:afterSettle", (event) => {
  fadeNotices();
  countTicks();
  const element = event.detail.elt;
  if (!element.matches) return;
  const field = one("[data-editor] [name=content]", element.parentElement || document);
  if (element.matches("[data-editor], #new-segment") && field) field.focus();
  else if (element.matches("article[data-row]")) element.focus();
});

// Asked for by the body: the list itself is replaced by each answer, and a refresh that waited on it would be lost with it.
let refreshing;
document.body.addEventListener("documents-changed", () => {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => {
    if (one("#documents")) htmx.ajax("GET", location.href, { target: "#documents", swap: "outerHTML" });
  }, 300);
});

document.body.addEventListener("htmx:sendError", () => notice("The dashboard could not be reached. What you typed is still here: try again."));
document.body.addEventListener("htmx:beforeSwap", (event) => {
  // the poller's answers are small pieces for rows: an error page in their place would be noise once a second
  if (event.detail.elt.id === "poller" && event.detail.xhr.status >= 400) event.detail.shouldSwap = false;
});

// allauth's script for passkeys; most often the person has cancelled
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  notice("The passkey could not be used. Try again, or use another way.");
});

function notice(text) {
  const element = document.createElement("div");
  element.className = "notice notice-error";
  element.setAttribute("role", "alert");
  element.textContent = text;
  element.insertAdjacentHTML("beforeend", '<button type="button" class="btn-close" aria-label="Close" data-close-notice></button>');
  one("#toasts").append(element);
}

/* ---- unsaved text ---- */

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) form.dataset.changed = "";
});
document.addEventListener("submit", (event) => delete event.target.dataset.changed, true);

// Whoever signs out decides about what was typed and not saved; where a sign-in ends by itself it stays, for its person alone.
let signingOut = null;
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") !== "/accounts/logout/" || signingOut === event.target) return;
  if (!Object.keys(localStorage).some((key) => key.startsWith("draft:"))) return;
  event.preventDefault();
  signingOut = event.target;
  one("#leaving").showModal();
});
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-sign-out]")?.dataset.signOut;
  if (!choice) return;
  if (choice === "drop") for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key);
  all("form[data-guard]").forEach((form) => delete form.dataset.changed);
  signingOut.requestSubmit();
});
document.addEventListener("close", (event) => event.target.id === "leaving" && (signingOut = null), true);
document.body.addEventListener("htmx:afterRequest", (event) => {
  // not saved after all; of the forms that an answer brings, the server marks those that hold unsaved text
  if (!event.detail.successful && event.detail.elt.matches("form[data-guard]")) event.detail.elt.dataset.changed = "";
});
addEventListener("beforeunload", (event) => {
  if (one("form[data-guard][data-changed]") || uploads.under_way()) event.preventDefault();
});

function mayLeave(form) {
  return !("changed" in form.dataset) || confirm("Leave without saving? What you typed would be lost.");
}

document.addEventListener("click", (event) => {
  const cancel = event.target.closest("[data-cancel]");
  if (!cancel) return;
  const form = cancel.closest("form");
  if (mayLeave(form)) delete form.dataset.changed;
  else event.stopImmediatePropagation(), event.preventDefault();
}, true);

/* ---- keys ---- */

document.addEventListener("keydown", (event) => {
  const editor = event.target.closest("[data-editor]");
  if (editor && ((event.ctrlKey || event.metaKey) && (event.key === "Enter" || event.key === "s"))) {
    event.preventDefault();
    editor.requestSubmit();
  } else if (editor && event.key === "Escape") {
    one("[data-cancel]", editor)?.click();
  } else if (!event.target.closest("input:not([name=ids]), textarea, select, dialog[open]") && !event.ctrlKey && !event.metaKey && !event.altKey) {
    plainKey(event);
  }
});

function plainKey(event) {
  const rows = all("[data-row]");
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const go = (index) => (one("a.row-link", rows[index]) || rows[index])?.focus();
  if (event.key === "?") one("#keys").showModal();
  else if (event.key === "j" && rows.length) go(Math.min(here + 1, rows.length - 1));
  else if (event.key === "k" && rows.length) go(Math.max(here - 1, 0));
  else if (event.key === "x" && here >= 0) one("input[type=checkbox]", rows[here])?.click();
  else if (event.key === "Enter" && here >= 0 && document.activeElement === rows[here]) one("[data-edit], a.row-link", rows[here])?.click();
  else {
    const target = one(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    target.matches("input") ? target.focus() : target.click();
  }
  event.preventDefault();
}

/* ---- ticked rows ---- */

function countTicks() {
  const ticked = all("input[name=ids]:checked").length;
  all(".batch:not(#batch)").forEach((bar) => {
    bar.classList.toggle("batch-empty", !ticked);
    one(".batch-count", bar).textContent = ticked ? `${ticked} ticked` : "";
    all("[data-batch]", bar).forEach((button) => (button.disabled = !ticked));
  });
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) all("#documents input[name=ids]").forEach((box) => (box.checked = event.target.checked));
  if (event.target.matches("[data-tick-all], input[name=ids]")) countTicks();
});
countTicks();

/* ---- uploads: a row and a request for each file, three at a time ---- */

const uploads = {
  at_once: 3,
  waiting: [],
  running: new Set(),

  add(files) {
    for (const file of files) this.waiting.push(this.row(file));
    one("#uploads").hidden = false;
    this.next();
  },

  row(file) {
    const row = one("#upload-row").content.firstElementChild.cloneNode(true);
    const carrier = new DataTransfer();
    carrier.items.add(file);
    one("input[type=file]", row).files = carrier.files;
    one(".upload-name", row).textContent = file.name;
    one(".upload-size", row).textContent = size(file.size);
    one(".upload-rows").append(row);
    htmx.process(row);
    return row;
  },

  // A name that is under way waits for its turn: the second of two files of one name must find the first, and ask.
  next() {
    while (this.running.size < this.at_once) {
      const names = [...this.running].map(nameOf);
      const index = this.waiting.findIndex((row) => !names.includes(nameOf(row)));
      if (index < 0) break;
      const [row] = this.waiting.splice(index, 1);
      if (!row.isConnected) continue;
      this.running.add(row);
      this.check(row);
    }
    this.tell();
  },

  check(row) {
    const file = one("input[type=file]", row).files[0];
    state(row, "Checking…");
    htmx.ajax("POST", one("#upload").dataset.checkUrl, {
      source: row,
      target: one(".upload-state", row),
      values: { name: file.name, size: file.size },
    });
  },

  done(row) {
    this.running.delete(row);
    this.next();
  },

  tell() {
    const rows = all(".upload-row").length;
    const sent = all('.upload-row [data-upload="sent"]').length;
    const problems = all('.upload-row :is([data-upload="asked"], [data-upload="refused"], [data-upload="failed"])').length;
    const title = one(".uploads-title");
    if (title) title.textContent = `${sent} of ${rows} sent${problems ? `, ${problems} need${problems === 1 ? "s" : ""} you` : ""}`;
    if (title && !rows) one("#uploads").hidden = true;
  },

  under_way() {
    return this.running.size + this.waiting.length > 0;
  },
};

const nameOf = (row) => one("input[type=file]", row).files[0].name;
const state = (row, text) => (one(".upload-state", row).innerHTML = `<span class="sub">${text}</span>`);
const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

document.body.addEventListener("htmx:xhr:progress", (event) => {
  const row = event.target.closest(".upload-row");
  const sending = event.detail.lengthComputable && row && !one('[data-upload="sent"]', row);
  if (!sending || !row.dataset.sending) return;
  const percent = Math.round((100 * event.detail.loaded) / event.detail.total);
  one("progress", row).value = percent;
  state(row, percent < 100 ? `Sending, ${percent}%` : "Dify is taking it…");
});

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.detail.elt.closest?.(".upload-row");
  if (!row || !event.detail.elt.matches("form")) return;
  row.dataset.sending = "1";
  uploads.running.add(row);
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  const row = event.detail.elt.closest?.(".upload-row");
  if (!row) return;
  const outcome = one("[data-upload]", row)?.dataset.upload;
  if (outcome === "ready" && !row.dataset.sending) return one("form", row).requestSubmit();
  delete row.dataset.sending;
  one("progress", row).value = outcome === "sent" ? 100 : 0;
  if (!event.detail.successful) {
    one(".upload-state", row).innerHTML =
      '<span class="badge bg-red-lt" data-upload="failed">Not sent</span> The dashboard did not take it. <button class="btn btn-sm" type="button" data-retry-upload>Try again</button>';
  }
  uploads.done(row);
});

document.addEventListener("click", (event) => {
  const row = event.target.closest(".upload-row");
  if (event.target.closest("[data-clear-uploads]")) all('.upload-row:has([data-upload="sent"], [data-upload="refused"])').forEach((done) => done.remove());
  else if (row && event.target.closest("[data-remove-upload]")) {
    htmx.trigger(one("form", row), "htmx:abort");
    row.remove();
    uploads.running.delete(row);
  } else if (row && event.target.closest("[data-retry-upload]")) {
    uploads.waiting.push(row);
  } else return;
  uploads.next();
});

document.addEventListener("change", (event) => {
  if (event.target.closest("#rule") && one(".rule-now")) {
    const custom = one("#rule input[value=custom]").checked;
    one(".rule-now").textContent = custom ? `cut by your rule, ${one("#rule [name=max_tokens]").value} characters at most` : "cut into segments automatically";
  }
  if (event.target.id !== "files") return;
  uploads.add([...event.target.files]);
  event.target.value = "";
});

/* ---- files dropped on the list of datasets make one: its form opens with their name, and they follow it there ---- */

let dropped = [];

async function newDatasetFrom(files) {
  dropped = files;
  await htmx.ajax("GET", one("[data-drop-makes-dataset]").href, "#dialog");
  const name = one("#dialog [name=name]");
  name.value = files[0].name.replace(/\.[^.]*$/, "").slice(0, 40);
  name.select();
  one(".dropped-files").hidden = false;
  one(".dropped-files").textContent = `${files.length === 1 ? "One file goes" : `${files.length} files go`} into it as soon as it is there.`;
}

document.body.addEventListener("htmx:load", () => {
  if (!dropped.length || !one("#upload")) return;
  uploads.add(dropped);
  dropped = [];
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!one("#upload, [data-drop-makes-dataset]") || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", kind === "dragover");
    if (kind !== "drop") return;
    const files = [...event.dataTransfer.files];
    one("#upload") ? uploads.add(files) : newDatasetFrom(files);
  });
}
