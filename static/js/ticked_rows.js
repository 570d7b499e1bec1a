// Ticked rows of a list, and the bar of what can be done with them.
import { all, one } from "./dom.js";
import { fill, gettext } from "./words.js";

function count() {
  const ticked = all("input[name=ids]:checked").length;
  for (const bar of all("[data-ticked-bar]")) {
    bar.classList.toggle("batch-empty", !ticked);
    one("[data-selected-count]", bar).textContent = ticked ? fill(gettext("%(ticked)s selected"), { ticked }) : "";
    for (const button of all("[data-batch]", bar)) button.disabled = !ticked;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) {
    for (const box of all("input[name=ids]", event.target.form)) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-tick-all], input[name=ids]")) count();
});
document.body.addEventListener("htmx:afterSettle", count);
count();
