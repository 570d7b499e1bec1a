// Reading a list of segments: one opens from its first two lines to all of its text, and keywords are shown when one asks for them.
import { all, one } from "./dom.js";

const SHOWN = "keywords-shown"; // in this browser

function showKeywords(shown) {
  one(".beside")?.classList.toggle("shows-keywords", shown);
  one("[data-shows-keywords]")?.setAttribute("aria-pressed", shown);
}

function open(row) {
  for (const text of all(".segment-text", row)) text.classList.toggle("open");
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shows-keywords]")) {
    const shown = localStorage.getItem(SHOWN) === null;
    if (shown) localStorage.setItem(SHOWN, "");
    else localStorage.removeItem(SHOWN);
    showKeywords(shown);
  }
  const text = event.target.closest(".segments article > .segment-text");
  if (text && getSelection().isCollapsed) open(text.parentElement); // who selects words to copy them opens nothing
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".segments article");
  if (row === event.target && event.key === "o" && !event.ctrlKey && !event.metaKey && !event.altKey) open(row);
});

showKeywords(localStorage.getItem(SHOWN) !== null);
