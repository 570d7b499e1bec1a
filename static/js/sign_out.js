// Whoever signs out decides about what was typed and not saved; where a sign-in ends by itself it stays, for its person alone.
import { all, one } from "./dom.js";
import { anyDraft, dropAllDrafts } from "./drafts.js";

let leaving = null; // the form, while it is asked about

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-signs-out]") || leaving === event.target || !anyDraft()) return;
  event.preventDefault();
  leaving = event.target;
  one("#leaving").showModal();
}, true);

document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-sign-out]")?.dataset.signOut;
  if (!choice) return;
  if (choice === "drop") dropAllDrafts();
  for (const form of all("form[data-guard]")) delete form.dataset.changed;
  leaving.requestSubmit();
});

document.addEventListener("close", (event) => {
  if (event.target.id === "leaving") leaving = null;
}, true);
