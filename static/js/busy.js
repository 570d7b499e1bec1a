// What was pressed shows at once that it works, and is not pressed twice. The focus stays where it is: a disabled button would lose it.
import { all } from "./dom.js";

const PRESSED = "button, a.btn, .menu-items a, .side a, .tabs a, a.row-link";

function begin(control) {
  control?.setAttribute("aria-busy", "true");
}

function end() {
  for (const control of all("[aria-busy=true]")) control.removeAttribute("aria-busy");
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[aria-busy=true]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const { elt: element, requestConfig } = event.detail;
  const control = requestConfig.triggeringEvent?.submitter ?? element;
  if (!control.matches(PRESSED)) return;
  if (control.getAttribute("aria-busy") === "true") event.preventDefault(); // Enter, twice
  else begin(control);
});
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const control = detail.requestConfig.triggeringEvent?.submitter ?? detail.elt;
  control.removeAttribute?.("aria-busy");
});

// forms and links that lead to another page; a file leaves one where one is
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "dialog") return;
  if (event.submitter?.getAttribute("aria-busy") === "true") event.preventDefault();
  else begin(event.submitter);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
  if (!link || event.defaultPrevented || elsewhere || link.target || link.matches("[download], [data-file]")) return;
  if (link.matches(PRESSED) && !link.matches("[hx-get], [hx-post]") && link.origin === location.origin) begin(link);
});
addEventListener("pageshow", end); // back again
addEventListener("beforeunload", (event) => {
  if (event.defaultPrevented) end(); // they are asked first, and may stay
});
