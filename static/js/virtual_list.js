// All segments of a document in one scroll. Only the rows in sight and a few more are in the page; the others are kept as text, or
// asked for by the hundred when one comes near them. What is being edited stays in the page, wherever one scrolls.
import { all, one } from "./dom.js";
import { fetchRows } from "./fetch_rows.js";
import { showError, showsAnError } from "./notices.js";
import { keepPlace, leavePlace } from "./place.js";
import { firstOf, meanHeight, neighbours, pageOf, range, rowAt, topsOf } from "./row_positions.js";
import { gettext } from "./words.js";

const NEAR = 150; // pixels above and below the window
const GUESS = 55; // pixels, of a row before any was measured
const REQUESTS = 2; // at once
const AGAIN = 3000; // milliseconds until what could not be loaded is asked for again
const ROW = "article[data-row]";
const placeholder = (text) => `<div class="segment segment-loading">${text}</div>`;

export class VirtualList {
  // The section holds a page of the rows, and says by its data- attributes where that page is and where the others come from. Told are
  // added(row), when one is put into the page, replaced(row), when htmx has done so, removed(row), when it was deleted, and changed(),
  // when htmx is done.
  constructor(section, told) {
    this.section = section;
    this.told = told;
    this.address = section.dataset.address;
    this.size = Number(section.dataset.size);
    this.total = Number(section.dataset.total);
    this.rows = Array.from({ length: this.total }, () => ({})); // in order: {index, id, segment, editable, html, height, element, stale}
    this.tops = topsOf(this.rows, GUESS);
    this.loading = new Set(); // numbers of pages
    this.rowOf = new WeakMap(); // by element
    this.usual = null; // height of a row
    this.scrolls = false; // begun, with rows to show
    this.stopped = this.ended = false; // nothing more can be loaded; another list is in its place
    this.changes = new MutationObserver((records) => this.swapped(records));
    this.sizes = new ResizeObserver((entries) => this.measured(entries));
  }

  /** Whether there is something to scroll. Where it is not, the section stays as it is: an empty state says more than an empty scroll. */
  begin() {
    const first = Math.max(0, Number(this.section.dataset.first) - 1);
    const articles = all(ROW, this.section);
    if (!articles.length) return;
    for (const [step, article] of articles.entries()) this.keep(this.rows[first + step], article);
    this.scrolls = true;
    this.section.replaceChildren();
    this.section.classList.add("scroll");
    this.changes.observe(this.section, { childList: true });
    this.layout();
    const index = this.rows[history.state?.row]?.html ? history.state.row : first;
    if (index) scrollTo(0, this.section.getBoundingClientRect().top + scrollY + this.tops[index]);
    this.render();
  }

  end() {
    this.ended = true;
    this.changes.disconnect();
    this.sizes.disconnect();
    leavePlace();
  }

  keep(row, article) {
    article.classList.remove("htmx-added"); // htmx's mark of what is new is not to be kept
    if (!row) return;
    const segment = one("input[name=ids]", article)?.value;
    const editable = one("[data-edit]", article) !== null;
    Object.assign(row, { id: article.id, segment, editable, html: article.outerHTML, stale: false });
  }

  /* ---- where everything is ---- */

  layout() {
    this.tops = topsOf(this.rows, this.usual ?? GUESS);
    this.number();
    this.section.style.height = `${this.tops[this.rows.length]}px`;
    // not by a transform: what sticks to the window's edge, such as the bar of an editor, is reckoned without transforms
    for (const row of this.shown()) row.element.style.top = `${this.tops[row.index]}px`;
  }

  number() {
    for (let index = 0; index < this.rows.length; index++) this.rows[index].index = index;
  }

  shown() {
    return [...this.section.children].map((element) => this.rowOf.get(element)).filter(Boolean);
  }

  /** How far the top of the window is below that of the list. */
  top() {
    return -this.section.getBoundingClientRect().top;
  }

  /** The index of the row at the top of the window. */
  first() {
    return rowAt(this.tops, this.top());
  }

  // Rows are guessed at until they are seen: the one at the top of the window must not move while those above it are measured.
  measured(entries) {
    if (!this.section.isConnected) return;
    const top = this.top();
    const anchor = this.rows[rowAt(this.tops, Math.max(0, top))];
    const before = this.tops[anchor?.index ?? 0];
    for (const { target } of entries) {
      const row = this.rowOf.get(target);
      if (row && target.isConnected) row.height = target.offsetHeight;
    }
    this.usual ??= meanHeight(this.rows);
    this.layout();
    const moved = anchor ? this.tops[anchor.index] - before : 0;
    if (top > 0 && moved) scrollBy(0, moved);
    this.render();
  }

  /* ---- what is in the page ---- */

  render() {
    if (!this.scrolls || !this.section.isConnected || !this.rows.length) return;
    const top = this.top();
    const wanted = new Set(range(rowAt(this.tops, top - NEAR), rowAt(this.tops, top + innerHeight + NEAR)));
    for (const row of this.shown()) {
      if (this.pinned(row)) for (const index of neighbours(this.rows, row.index)) wanted.add(index);
    }
    for (const row of this.shown()) if (!wanted.has(row.index) && !this.pinned(row)) this.takeOut(row);
    for (const index of wanted) {
      const row = this.rows[index];
      if (!row.element) this.putIn(row);
      if (!row.html || row.stale) this.ask(index);
    }
    this.changes.takeRecords();
    const first = this.first();
    keepPlace(first, pageOf(first, this.size));
  }

  editing(row) {
    return row.element && (row.element.matches("form") || one("form[data-editor]", row.element));
  }

  // With its neighbours, which are there for the keyboard, however tall it is.
  pinned(row) {
    return this.editing(row) || row.element.contains(document.activeElement);
  }

  takeOut(row) {
    this.sizes.unobserve(row.element);
    row.element.remove();
    row.element = null;
  }

  putIn(row) {
    const box = document.createElement("template");
    box.innerHTML = row.html || placeholder("…");
    this.bind(row, box.content.firstElementChild);
    const next = [...this.section.children].find((other) => this.rowOf.get(other)?.index > row.index);
    this.section.insertBefore(row.element, next ?? null);
    if (row.html) this.told.added(row);
  }

  bind(row, element) {
    row.element = element;
    this.rowOf.set(element, row);
    element.style.top = `${this.tops[row.index]}px`;
    if (row.html) this.sizes.observe(element);
  }

  // htmx has put something in the place of a row: its editor, what was saved, or nothing, if it was deleted.
  swapped(records) {
    const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node.isConnected);
    let after = null;
    for (const gone of records.flatMap((record) => [...record.removedNodes])) {
      const row = this.rowOf.get(gone);
      if (!row || row.element !== gone) continue;
      const next = added.find((node) => node.id === gone.id);
      if (next) {
        this.replace(row, next);
      } else {
        this.told.removed(row);
        this.rows.splice(row.index, 1);
        this.total -= 1;
        after = row.index;
      }
    }
    this.layout();
    this.render();
    // who deleted it by the keyboard goes on with the next one
    if (after !== null && document.activeElement === document.body) (this.rows[after] ?? this.rows[after - 1])?.element?.focus();
    this.told.changed();
  }

  replace(row, element) {
    const article = element.matches("article");
    if (article) this.keep(row, element);
    this.bind(row, element);
    if (article) this.told.replaced(row);
    else requestAnimationFrame(() => element.scrollIntoView({ block: "nearest" }));
  }

  /* ---- the rows that are not here yet ---- */

  ask(index) {
    const page = pageOf(index, this.size);
    if (!this.stopped && !this.loading.has(page) && this.loading.size < REQUESTS) this.load(page);
  }

  async load(page) {
    this.loading.add(page);
    try {
      const { found, refusal } = await fetchRows(this.address, page);
      if (refusal) this.stop(refusal);
      else if (!this.ended) this.fill(page, found);
    } catch {
      if (this.ended) return;
      if (!showsAnError()) showError(gettext("Some segments could not be loaded. They are asked for again."));
      await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
    } finally {
      this.loading.delete(page);
      if (!this.ended) this.render();
    }
  }

  stop(text) {
    this.stopped = true;
    showError(text);
  }

  fill(page, found) {
    const total = Number(found.dataset.total);
    if (total !== this.total) this.resize(total);
    const editors = new Map(this.shown().filter((row) => this.editing(row)).map((row) => [row.id, row]));
    const first = firstOf(page, this.size);
    for (const [step, article] of all(ROW, found).entries()) {
      const edited = editors.get(article.id);
      if (edited) this.move(edited, first + step);
      else this.refill(this.rows[first + step], article);
    }
    // what the server left out is gone
    for (const row of this.rows.slice(first, first + this.size)) {
      row.html ||= placeholder(gettext("Gone."));
      row.stale = false; // also where what is being edited is gone
    }
    this.layout();
  }

  refill(row, article) {
    if (!row || this.editing(row)) return;
    const focused = row.element?.contains(document.activeElement);
    this.keep(row, article);
    if (!row.element) return;
    this.takeOut(row);
    this.putIn(row);
    if (focused) row.element.focus({ preventScroll: true });
  }

  // What is being edited goes where its segment is by now; who was there before is asked for again.
  move(row, index) {
    row.stale = false;
    if (row.index === index || index >= this.rows.length) return;
    const from = row.index;
    this.rows.splice(from, 1);
    this.rows.splice(index, 0, row);
    if (this.rows[from].element) this.takeOut(this.rows[from]);
    this.rows[from].html = null;
    this.number();
  }

  // Somebody has added or deleted some: all but what is in sight is asked for again. What is being edited stays, in any case.
  resize(total) {
    this.total = total;
    while (this.rows.length > total) {
      const last = this.rows.findLastIndex((row) => !this.editing(row));
      if (last < 0) break;
      const [row] = this.rows.splice(last, 1);
      if (row.element) this.takeOut(row);
    }
    while (this.rows.length < total) this.rows.push({});
    this.layout();
    this.outdate();
  }

  outdate() {
    for (const row of this.rows) {
      if (row.element) row.stale = true;
      else row.html = null;
    }
  }

  /** The segments of these rows, loaded where they are not here yet. */
  async segments(indexes) {
    for (const index of indexes) {
      if (this.stopped) break;
      if (this.rows[index] && !this.rows[index].html) await this.load(pageOf(index, this.size));
    }
    return indexes.map((index) => this.rows[index]?.segment).filter(Boolean);
  }
}
