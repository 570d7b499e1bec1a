// Findings are marked in the rows of a list of segments. They come with the overview, after the rows; to each of them what it is by name.
import { all, one } from "./dom.js";

let marks = {}; // words by the id of a segment

/** What is known of a row that has come into the page. */
export function showMarks(article) {
  for (const mark of all("[data-mark]", article)) mark.remove();
  const words = marks[article.id.replace("segment-", "")];
  if (!words) return;
  const mark = document.createElement("span");
  mark.className = "state state-warn";
  mark.dataset.mark = "";
  mark.textContent = words.join(", ");
  one(".info", article)?.prepend(mark);
}

/** What was corrected may not be wrong any more: the next overview tells. */
export function forgetMarks(article) {
  delete marks[article.id.replace("segment-", "")];
}

htmx.onLoad((root) => {
  if (!root.matches?.("#overview")) return;
  marks = JSON.parse(root.dataset.marks);
  for (const article of all("#segments article[data-row]")) showMarks(article);
});
