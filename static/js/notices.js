// Notices in the corner: those that answers bring, and those of what the browser alone knows.
import { all, one } from "./dom.js";
import { gettext } from "./words.js";

export function showError(text) {
  const notice = document.createElement("div");
  notice.className = "notice notice-error";
  notice.setAttribute("role", "alert");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.setAttribute("aria-label", gettext("Close"));
  close.dataset.closeNotice = "";
  notice.append(text, close);
  one("#toasts").append(notice);
}

export const showsAnError = () => one("#toasts .notice-error") !== null;

function fade() {
  for (const notice of all(".notice[data-fades]:not([data-fading])")) {
    notice.dataset.fading = "";
    setTimeout(() => notice.remove(), notice.dataset.fades * 1000);
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-notice]")) event.target.closest(".notice").remove();
});
document.body.addEventListener("htmx:afterSwap", fade);
document.body.addEventListener("htmx:afterSettle", fade);
// What asked for it was replaced meanwhile, by a poll for example: htmx looks for the corner in the piece that was taken out.
document.body.addEventListener("htmx:oobErrorNoTarget", ({ detail }) => {
  if (detail.target !== "#toasts") return;
  one("#toasts").append(...detail.content.children);
  fade();
});
document.body.addEventListener("htmx:sendError", () => {
  showError(gettext("The dashboard could not be reached. What you typed is still here: try again."));
});
// allauth's script for passkeys; most often the person has cancelled
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  showError(gettext("The passkey could not be used. Try again, or use another way."));
});
fade();
