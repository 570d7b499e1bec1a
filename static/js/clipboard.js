// Buttons that copy a field.
import { one } from "./dom.js";
import { gettext } from "./words.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

async function copy(button) {
  const field = one(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = gettext("Copied");
  } catch {
    button.textContent = gettext("Press Ctrl+C"); // without a secure connection browsers copy only what people copy
  }
}
