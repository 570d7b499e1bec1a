// The one classic script: it runs before the first paint, so that no page flashes in the other theme. The block keeps its names to itself.
"use strict";
{
  const kept = "theme";
  const root = document.documentElement;
  root.dataset.bsTheme = localStorage.getItem(kept) || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem(kept, root.dataset.bsTheme);
  });
}
