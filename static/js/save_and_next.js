// Save a segment and open the next one.
import { one } from "./dom.js";

let next = null; // the id of the row to open once this one is saved

function following(form) {
  let row = form.nextElementSibling;
  while (row && !one("[data-edit]", row)) row = row.nextElementSibling; // a disabled one cannot be edited
  return row?.id;
}

function remember(form) {
  next = form.checkValidity() ? following(form) : null;
}

document.addEventListener("keydown", (event) => {
  const form = event.target.closest("form[data-editor]");
  if (!form || event.key !== "Enter" || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const another = one("[name=another]", form);
  if (another) {
    another.click();
  } else {
    remember(form);
    form.requestSubmit();
  }
}, true);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-save-next]");
  if (button) remember(button.closest("form"));
});

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful && detail.requestConfig.elt.matches("form[data-editor], form[data-draft]")) next = null;
});

document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (!next || !detail.elt.matches?.("article[data-row]") || !detail.requestConfig.elt.matches("form[data-editor]")) return;
  const row = next;
  next = null;
  queueMicrotask(() => one(`#${row} [data-edit]`)?.click()); // once the list has taken note of what was saved
});
