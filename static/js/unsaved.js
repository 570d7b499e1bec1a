// Forms with text that is not saved: nobody leaves them by mistake.
import { one } from "./dom.js";

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) form.dataset.changed = "";
});
document.addEventListener("submit", (event) => {
  delete event.target.dataset.changed;
}, true);
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  // not saved after all; of the forms that an answer brings, the server marks those that hold unsaved text
  if (!detail.successful && detail.elt.matches("form[data-guard]")) detail.elt.dataset.changed = "";
});
addEventListener("beforeunload", (event) => {
  if (one("form[data-guard][data-changed]")) event.preventDefault();
});

// who wants to leave is asked; what was pressed is pressed again when they say so
let pressed = null;

document.addEventListener("click", (event) => {
  const cancel = event.target.closest("[data-cancel]");
  if (!cancel || !("changed" in cancel.closest("form").dataset)) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  pressed = cancel;
  one("#unsaved").showModal();
}, true);

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-leave]")) return;
  delete pressed.closest("form").dataset.changed;
  one("#unsaved").close();
  pressed.click();
});
