// Menus close when one clicks beside them or presses Escape, and the long ones begin closed on a narrow screen.
import { all, one } from "./dom.js";

document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = one("details.menu[open]");
  if (!menu || one("dialog[open]")) return; // the dialog that an entry has opened has the keys
  const entries = all(".menu-items a, .menu-items button", menu);
  const here = entries.indexOf(document.activeElement);
  if (event.key === "Escape") {
    menu.open = false;
    one("summary", menu).focus(); // where one came from
  } else if (event.key === "ArrowDown" && entries.length && menu.contains(document.activeElement)) {
    entries[Math.min(here + 1, entries.length - 1)].focus();
  } else if (event.key === "ArrowUp" && here >= 0) {
    (entries[here - 1] ?? one("summary", menu)).focus();
  } else {
    return;
  }
  event.preventDefault();
});

if (matchMedia("(max-width: 767px)").matches) for (const part of all("[data-closed-when-narrow]")) part.open = false;
