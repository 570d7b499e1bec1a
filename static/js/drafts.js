// Drafts: what is typed is kept in this browser until it is saved.
import { all, one } from "./dom.js";
import { draftKey, isDraftKey } from "./draft_keys.js";
import { gettext } from "./words.js";

const keyOf = (address) => draftKey(document.body.dataset.person, address);
const keyOfForm = (form) => keyOf(form.dataset.draft ?? form.getAttribute("action"));
const fieldsOf = (form) => all("textarea, input[name=keywords], input[name=opened_as], input[name^=base_]", form);
const allKeys = () => Object.keys(localStorage).filter(isDraftKey);

export function keepDraft(form) {
  const values = Object.fromEntries(fieldsOf(form).map((field) => [field.name, field.value]));
  localStorage.setItem(keyOfForm(form), JSON.stringify(values));
}

export function dropDraft(form) {
  localStorage.removeItem(keyOfForm(form));
}

/** With the version that it was begun from: what somebody else saved meanwhile is then found by the server, and both are shown. */
export function bringDraftBack(form) {
  const kept = localStorage.getItem(keyOfForm(form));
  if (!kept || "changed" in form.dataset) return;
  const values = JSON.parse(kept);
  const differs = fieldsOf(form).some((field) => field.matches("textarea") && field.value !== (values[field.name] ?? field.value));
  if (!differs) {
    dropDraft(form);
    return;
  }
  for (const field of fieldsOf(form)) {
    if (field.name in values) field.value = values[field.name];
    else if (field.name.startsWith("base_")) field.remove(); // it would not be what this draft was begun from
  }
  form.dataset.changed = "";
  one("[data-draft-note]", form).hidden = false;
}

/** Segments with a draft say so, and open it. */
export function markDrafts(root) {
  for (const link of all("a[data-edit]", root)) {
    if (localStorage.getItem(keyOf(link.getAttribute("href")))) link.textContent = gettext("Continue editing");
  }
}

export const anyDraft = () => allKeys().length > 0;

export function dropAllDrafts() {
  for (const key of allKeys()) localStorage.removeItem(key);
}
