// A field of keywords as chips; the field stays what is sent.
import { join, split } from "./keywords.js";
import { fill, gettext } from "./words.js";

export function showAsChips(field) {
  const box = document.createElement("div");
  box.className = "chips form-control";
  field.type = "hidden";
  field.after(box);

  const entry = document.createElement("input");
  entry.className = "chip-entry";
  entry.setAttribute("aria-label", gettext("Add a keyword"));
  entry.setAttribute("placeholder", gettext("Add a keyword"));
  entry.setAttribute("autocomplete", "off");

  const chip = (word) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "keyword";
    button.textContent = `${word} ×`;
    button.setAttribute("aria-label", fill(gettext("Remove %(word)s"), { word }));
    button.addEventListener("click", () => {
      set(split(field.value).filter((other) => other !== word));
      entry.focus();
    });
    return button;
  };
  const draw = () => box.replaceChildren(...split(field.value).map(chip), entry);
  const set = (words) => {
    field.value = join(words);
    draw();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const takeEntry = () => {
    const typed = entry.value.trim();
    entry.value = "";
    if (typed) set([...split(field.value), ...split(typed)]);
  };

  entry.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === ",") {
      event.preventDefault();
      takeEntry();
      entry.focus();
    } else if (event.key === "Backspace" && !entry.value && split(field.value).length) {
      set(split(field.value).slice(0, -1));
    }
  });
  entry.addEventListener("change", takeEntry);
  field.closest("form").addEventListener("submit", takeEntry, true); // what was typed and not yet made a chip
  field.addEventListener("change", draw);
  draw();
}
