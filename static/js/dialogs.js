// Dialogs: the one that answers are put into, and those that a page has.
import { one } from "./dom.js";

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  if (event.target.closest("[data-show-keys]")) one("#keys").showModal();
  if (event.target.closest("[data-close]") && dialog) {
    event.preventDefault();
    dialog.close();
  }
  if (event.target.matches("dialog[open]")) event.target.close(); // the backdrop
});

document.addEventListener("close", (event) => {
  if (event.target.id === "dialog") event.target.innerHTML = "";
}, true);

document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  const dialog = one("#dialog");
  if (detail.target === dialog && dialog.innerHTML.trim()) {
    one("h1, h2, h3", dialog)?.setAttribute("id", "dialog-title");
    if (!dialog.open) dialog.showModal();
  }
  // done in the dialog; what is asked for behind it, such as how far a job is, must not take it away
  else if (dialog.open && detail.xhr.status < 400 && dialog.contains(detail.requestConfig.elt)) dialog.close();
});
