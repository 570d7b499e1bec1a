// Keys, and where the focus goes after an answer.
import { all, one } from "./dom.js";

const TYPING = "input:not([name=ids]), textarea, select, dialog[open]";

function pressed(event) {
  const editor = event.target.closest("[data-editor]");
  const modified = event.ctrlKey || event.metaKey;
  if (editor && modified && (event.key === "Enter" || event.key === "s")) {
    event.preventDefault();
    editor.requestSubmit();
  } else if (editor && event.key === "Escape") {
    event.preventDefault(); // or the same press would close the question that it may lead to
    one("[data-cancel]", editor)?.click();
  } else if (event.target.matches("input[type=search]") && event.key === "ArrowDown") {
    event.preventDefault();
    focusRow(all("[data-row]")[0]); // into what was found
  } else if (!event.target.closest(TYPING) && !modified && !event.altKey) {
    press(event);
  }
}
// not before htmx knows the links: a key would leave the page by one
document.addEventListener("DOMContentLoaded", () => document.addEventListener("keydown", pressed));

// what has just been swapped in htmx does not know for a moment: a key would leave the page by its link, or by sending its form
window.addEventListener("keydown", ({ target }) => {
  const added = target.closest?.(".htmx-added");
  if (added) htmx.process(added);
}, true);

const focusRow = (row) => (row && one("a.row-link", row) || row)?.focus();

/** A key outside of fields: for the row that has the focus, or for what names it on this page. */
function press(event) {
  const rows = all("[data-row]");
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const go = (index) => focusRow(rows[index]);
  if (event.key === "?") one("#keys").showModal();
  else if (event.key === "j" && rows.length) go(Math.min(here + 1, rows.length - 1));
  else if (event.key === "k" && rows.length) go(Math.max(here - 1, 0));
  else if (event.key === "x" && here >= 0) one("input[type=checkbox]", rows[here])?.click();
  else if (event.key === "Enter" && here >= 0 && document.activeElement === rows[here]) one("[data-edit], a.row-link", rows[here])?.click();
  else {
    const target = one(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    if (target.matches("input")) target.focus();
    else target.click();
  }
  event.preventDefault();
}

// Enter in a search field leads into its results, once they are there
let leads = false;
document.addEventListener("submit", ({ target }) => {
  leads = target.matches("form[role=search]") && document.activeElement?.matches("input[type=search]");
});

document.body.addEventListener("htmx:afterSettle", ({ detail: { elt: element } }) => {
  if (!element.matches) return;
  if (leads && element.matches("section") && one("[data-row]", element)) {
    leads = false;
    focusRow(one("[data-row]", element));
  }
});

// not once it has settled: the list may have put a newer one there by then, and of what is gone body hears nothing
document.body.addEventListener("htmx:afterSwap", ({ detail: { elt: element } }) => {
  if (element.matches?.("article[data-row]")) queueMicrotask(() => document.getElementById(element.id)?.focus());
});
