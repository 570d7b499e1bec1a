// The page of a document's segments: the list that scrolls, what is selected in it, and the bar of what can be done with that.
import { all, one } from "./dom.js";
import { markDrafts } from "./drafts.js";
import { forgetMarks, showMarks } from "./marks.js";
import { firstOf, pageOf, range } from "./row_positions.js";
import "./reading.js";
import { Selection } from "./selection.js";
import { VirtualList } from "./virtual_list.js";
import { fill, gettext } from "./words.js";

const FEWEST = 2; // segments that can be merged
const MOST = 20;

export const selection = new Selection();
export let list = null;
let lastTicked = null; // the row from which a click with the shift key goes on

/* ---- the list ---- */

const events = {
  added(row) {
    htmx.process(row.element);
    markDrafts(row.element);
    showTick(row);
    showMarks(row.element);
  },
  replaced(row) {
    showTick(row);
    forgetMarks(row.element);
  },
  removed: (row) => selection.forget(row.segment),
  changed() {
    showSelection();
    if (list.scrolls && !list.rows.length) reload(); // the last one is gone: the server says what can be done now
  },
};

const reload = () => htmx.ajax("GET", list.address, { swap: "outerHTML", target: "#segments" });

/** The list of a section that the server has sent: the first one, or another after a search. */
function adopt(root) {
  const section = root.matches?.("[data-scroll]") ? root : one("[data-scroll]", root);
  if (!section || section === list?.section) return;
  list?.end();
  list = new VirtualList(section, events);
  select(false);
  list.begin();
}

history.scrollRestoration = "manual"; // the browser knows pixels, we know the row

let looking = false;
function look() {
  if (looking || !list) return;
  looking = true;
  requestAnimationFrame(() => {
    looking = false;
    list.render();
  });
}
addEventListener("scroll", look, { passive: true });
addEventListener("resize", look);
// at once: the next key may come before the next frame
addEventListener("focusin", (event) => {
  if (list?.section.contains(event.target)) queueMicrotask(() => list.render());
});

document.body.addEventListener("segments-changed", () => {
  if (!list?.scrolls) {
    location.reload();
    return;
  }
  list.outdate();
  list.render();
});

// An editor of what somebody else has deleted: whoever leaves it leaves nothing in its place.
document.body.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status !== 404 || !detail.elt.matches(".scroll [data-cancel]")) return;
  detail.elt.closest("form").remove();
  setTimeout(() => htmx.trigger(document.body, "segments-changed")); // once the list has taken note of it
});

/* ---- the selection ---- */

/** Everything or nothing. */
export function select(everything) {
  selection.reset(everything);
  showSelection();
}

function showTick(row) {
  const box = one("input[name=ids]", row.element);
  if (box) box.checked = selection.has(row.segment);
}

async function tick(box, shift) {
  const row = list?.rowOf.get(box.closest("article"));
  if (!row) return;
  const from = shift && lastTicked ? lastTicked.index : row.index;
  const on = box.checked;
  lastTicked = row;
  for (const segment of await list.segments(range(from, row.index))) selection.set(segment, on);
  showSelection();
}

async function selectPage() {
  const first = firstOf(pageOf(list.first(), list.size), list.size);
  for (const segment of await list.segments(range(first, first + list.size - 1))) selection.set(segment, true);
  showSelection();
}

function showSelection() {
  const bar = one("#batch");
  if (!bar) return;
  for (const row of list.shown()) showTick(row);
  const total = list.rows.length;
  const number = selection.count(total);
  const { everything, ids, except } = selection;
  bar.classList.toggle("batch-empty", !number);
  one("[data-selected-count]", bar).textContent = number ? fill(gettext("%(number)s selected"), { number }) : "";
  one("[data-select-all]", bar).textContent = fill(gettext("Select all %(total)s"), { total });
  one("[data-select-all]", bar).hidden = number === total;
  one("[data-ids]", bar).value = everything ? "" : [...ids].join(",");
  one("[data-except]", bar).value = [...except].join(",");
  one("[data-all]", bar).value = everything ? new URL(list.address, location.href).search || "?" : "";
  for (const button of all("[data-few]", bar)) button.disabled = everything || number < FEWEST || number > MOST;
}

document.addEventListener("click", ({ target, shiftKey }) => {
  if (target.matches("input[name=ids][form=batch]")) tick(target, shiftKey);
  if (target.closest("[data-select-all]")) select(true);
  if (target.closest("[data-select-page]")) selectPage();
  if (target.closest("[data-select-none]")) select(false);
});
// a job has begun with what was selected
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id === "under-way" && detail.requestConfig?.elt.closest("[data-ends-selection]")) select(false);
});

adopt(document);
htmx.onLoad(adopt);
