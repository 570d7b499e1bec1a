// The editor of a segment or a child chunk: its draft, counts, the place to split at, and what can be taken over from the stored text.
import { all, one } from "./dom.js";
import { bringDraftBack, dropDraft, keepDraft, markDrafts } from "./drafts.js";
import { showAsChips } from "./keyword_chips.js";
import "./save_and_next.js";
import { charactersBefore, wordsIn } from "./text.js";
import { count, fill, ngettext } from "./words.js";

const EDITOR = "form[data-editor]";

function showCounts(form) {
  const text = one("[name=content]", form).value;
  const counts = { characters: text.length, words: wordsIn(text) };
  const characters = fill(ngettext("%(characters)s character", "%(characters)s characters", counts.characters), counts);
  const words = fill(ngettext("%(words)s word", "%(words)s words", counts.words), counts);
  const before = one("[name=base_content]", form)?.value.length ?? 0;
  const was = before && before !== counts.characters ? `${count(before)} → ` : "";
  one("[data-count]", form).textContent = `${was}${characters}, ${words}`;
}

/** Puts a text that is shown, or several, into the fields they belong to. */
function takeOver(form, texts) {
  for (const text of texts) {
    const field = one(`[name=${text.dataset.theirs ?? text.dataset.mine}]`, form);
    field.value = text.textContent;
    field.dispatchEvent(new Event("change"));
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest(EDITOR);
  if (!form) return;
  keepDraft(form);
  showCounts(form);
});

document.addEventListener("click", (event) => {
  const form = event.target.closest(EDITOR);
  if (!form) return;
  if (event.target.closest("[data-cancel]") && !("changed" in form.dataset)) dropDraft(form);
  const texts = event.target.closest("[data-take]")?.dataset.take;
  if (texts) takeOver(form, all(texts, form));
});

// before htmx sends the form
document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-split]")?.form;
  if (!form) return;
  const { value, selectionStart } = one("[name=content]", form);
  one("[name=at]", form).value = charactersBefore(value, selectionStart);
}, true);

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.requestConfig.elt; // detail.elt is its parent once the answer has taken its place
  if (detail.successful && form.matches("form[data-editor], form[data-draft]")) dropDraft(form);
});

htmx.onLoad((root) => {
  markDrafts(root);
  for (const form of [...all(EDITOR, root), ...(root.matches?.(EDITOR) ? [root] : [])]) {
    bringDraftBack(form);
    for (const field of all("input[name=keywords]", form)) showAsChips(field);
    showCounts(form);
  }
});
