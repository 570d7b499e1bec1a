// The list of documents keeps up with what is sent, and the rule of the next uploads is said in a few words.
import { all, one } from "./dom.js";
import { fill, gettext } from "./words.js";

const PAUSE = 300; // milliseconds: several uploads that end together are one refresh

// Asked for by the body: the list itself is replaced by each answer, and a refresh that waited on it would be lost with it.
let refresh;
document.body.addEventListener("documents-changed", () => {
  clearTimeout(refresh);
  refresh = setTimeout(() => {
    if (one("#documents")) htmx.ajax("GET", location.href, { target: "#documents", swap: "outerHTML" });
  }, PAUSE);
});

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // the poller's answers are small pieces for rows: an error page in their place would be noise once a second
  if (detail.elt.id === "poller" && detail.xhr.status >= 400) detail.shouldSwap = false;
});

// The menu of a row is made when it is pressed: a page has a hundred of them. That it is open is told later, and a key may come before.
document.addEventListener("click", ({ target }) => {
  const menu = target.closest("summary")?.parentElement;
  if (!menu?.dataset.menu || one(".menu-items", menu)) return;
  const row = menu.closest("tr");
  const items = one("#document-menu").content.firstElementChild.cloneNode(true);
  for (const link of all("a", items)) link.href = `${one("a.row-link", row).getAttribute("href")}${link.dataset.below}`;
  for (const button of all("button", items)) {
    if (button.dataset.states.split(" ").includes(menu.dataset.menu)) button.value = row.id.replace("document-", "");
    else button.remove();
  }
  menu.append(items);
  htmx.process(items);
}, true);

document.addEventListener("change", (event) => {
  const said = one("[data-rule-now]");
  if (!said || !event.target.closest("#rule")) return;
  const custom = one("#rule input[value=custom]").checked;
  said.textContent = custom
    ? fill(gettext("cut by your rule, %(longest)s characters at most"), { longest: one("#rule [name=max_tokens]").value })
    : gettext("cut into segments automatically");
});
