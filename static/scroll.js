// All segments of a document in one scroll. Only the rows in sight and a few more are in the page; the others are kept as text, or
// asked for by the hundred when one comes near them. What is being edited stays in the page, wherever one scrolls.
"use strict";

const NEAR = 250; // pixels above and below the window
const GAP = 10;
const REQUESTS = 2;

const scroll = {
  rows: [], // of the whole list, in order: {id, html, height, element, stale}
  tops: new Float64Array(1), // where each row begins, and at last where the list ends
  loading: new Set(),
  of: new WeakMap(), // element -> row

  adopt(section) {
    this.changes?.disconnect();
    this.sizes?.disconnect();
    Object.assign(this, { usual: null, stopped: false, section, address: section.dataset.address, size: Number(section.dataset.size), loading: new Set() });
    this.total = Number(section.dataset.total);
    this.rows = Array.from({ length: this.total }, () => ({}));
    const first = Math.max(0, Number(section.dataset.first) - 1);
    const articles = all("article[data-row]", section);
    articles.forEach((article, place) => this.keep(this.rows[first + place], article));
    selection.reset();
    if (!articles.length) return (this.section = null); // an empty state says more than an empty scroll
    section.replaceChildren();
    section.classList.add("scroll");
    this.changes = new MutationObserver((records) => this.swapped(records));
    this.changes.observe(section, { childList: true });
    this.sizes = new ResizeObserver((entries) => this.measured(entries));
    this.layout();
    const place = this.rows[history.state?.place]?.html ? history.state.place : first;
    if (place) scrollTo(0, section.getBoundingClientRect().top + scrollY + this.tops[place] - GAP);
    this.render();
  },

  keep(row, article) {
    article.classList.remove("htmx-added"); // htmx's mark of what is new is not to be kept
    if (row) Object.assign(row, { id: article.id, html: article.outerHTML, stale: false });
  },

  /* ---- where everything is ---- */

  layout() {
    const usual = this.usual ?? 120;
    this.tops = new Float64Array(this.rows.length + 1);
    this.rows.forEach((row, place) => {
      row.place = place;
      this.tops[place + 1] = this.tops[place] + (row.height || usual);
    });
    this.section.style.height = `${this.tops[this.rows.length]}px`;
    for (const row of this.shown()) row.element.style.transform = `translateY(${this.tops[row.place]}px)`;
  },

  mean() {
    const known = this.rows.filter((row) => row.height);
    return known.reduce((sum, row) => sum + row.height, 0) / known.length;
  },

  shown() {
    return [...this.section.children].map((element) => this.of.get(element)).filter(Boolean);
  },

  at(y) {
    let low = 0;
    let high = this.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  },

  // Rows are guessed at until they are seen: the one at the top of the window must not move while those above it are measured.
  measured(entries) {
    if (!this.section?.isConnected) return;
    const top = -this.section.getBoundingClientRect().top;
    const anchor = this.rows[this.at(Math.max(0, top))];
    const before = this.tops[anchor?.place ?? 0];
    for (const { target } of entries) {
      const row = this.of.get(target);
      if (row && target.isConnected) row.height = target.offsetHeight + GAP;
    }
    this.usual ??= this.mean();
    this.layout();
    const moved = anchor ? this.tops[anchor.place] - before : 0;
    if (top > 0 && moved) scrollBy(0, moved);
    this.render();
  },

  /* ---- what is in the page ---- */

  render() {
    if (!this.section?.isConnected || !this.rows.length) return;
    const top = -this.section.getBoundingClientRect().top;
    const [from, to] = [this.at(top - NEAR), this.at(top + innerHeight + NEAR)];
    const places = new Set(Array.from({ length: to - from + 1 }, (_, index) => from + index));
    for (const row of this.shown()) if (this.pinned(row)) for (const place of this.beside(row)) places.add(place);
    for (const row of this.shown()) if (!places.has(row.place) && !this.pinned(row)) this.take_out(row);
    for (const place of places) {
      const row = this.rows[place];
      if (!row.element) this.put_in(row);
      if (!row.html || row.stale) this.ask(place);
    }
    this.changes.takeRecords();
    this.remember(this.at(top + GAP));
  },

  editing: (row) => row.element && (row.element.matches("form") || one("form[data-editor]", row.element)),
  pinned: (row) => scroll.editing(row) || row.element.contains(document.activeElement),

  // The rows before and after one are there for the keyboard, however tall it is; and the next one that can be edited.
  beside({ place }) {
    let last = place + 1;
    while (last < place + 20 && this.rows[last]?.html && !this.rows[last].html.includes("data-edit")) last += 1;
    return Array.from({ length: last - place + 2 }, (_, index) => place - 1 + index).filter((other) => this.rows[other]);
  },

  take_out(row) {
    this.sizes.unobserve(row.element);
    row.element.remove();
    row.element = null;
  },

  put_in(row) {
    const box = document.createElement("template");
    box.innerHTML = row.html || '<div class="segment segment-loading">…</div>';
    this.bind(row, box.content.firstElementChild);
    const next = [...this.section.children].find((other) => this.of.get(other)?.place > row.place);
    this.section.insertBefore(row.element, next ?? null);
    if (row.html) this.ready(row);
  },

  bind(row, element) {
    row.element = element;
    this.of.set(element, row);
    element.style.transform = `translateY(${this.tops[row.place]}px)`;
    if (row.html) this.sizes.observe(element);
  },

  ready(row) {
    htmx.process(row.element);
    drafts.mark(row.element);
    selection.show(row);
  },

  // htmx has put something in the place of a row: its editor, what was saved, or nothing, if it was deleted.
  swapped(records) {
    const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node.isConnected);
    for (const gone of records.flatMap((record) => [...record.removedNodes])) {
      const row = this.of.get(gone);
      if (!row || row.element !== gone) continue;
      const next = added.find((node) => node.id === gone.id);
      if (next) {
        if (next.matches("article")) this.keep(row, next);
        this.bind(row, next);
        if (next.matches("article")) selection.show(row);
        else requestAnimationFrame(() => next.scrollIntoView({ block: "nearest" }));
      } else {
        selection.ids.delete(row.id);
        selection.except.delete(row.id);
        this.rows.splice(row.place, 1);
        this.total -= 1;
      }
    }
    this.layout();
    this.render();
    selection.tell();
  },

  /* ---- the rows that are not here yet ---- */

  ask(place) {
    const number = Math.floor(place / this.size) + 1;
    if (this.stopped || this.loading.has(number) || this.loading.size >= REQUESTS) return null;
    return this.load(number);
  },

  async load(number) {
    const { section, address, loading } = this;
    loading.add(number);
    try {
      const url = new URL(address, location.href);
      url.searchParams.set("page", number);
      const answer = await fetch(url, { headers: { "HX-Request": "true" } });
      if (answer.headers.has("HX-Redirect")) return this.stop("You are signed out by now. What you typed is kept in this browser: reload the page and sign in.");
      if (answer.status === 404) return this.stop("This document is not there any more, or not yours to see.");
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#segments");
      if (!answer.ok || !found) throw new Error(answer.status);
      if (section === this.section) this.fill(number, found);
    } catch {
      if (section !== this.section) return;
      if (!one("#toasts .notice-error")) notice("Some segments could not be loaded. They are asked for again.");
      await new Promise((resolve) => setTimeout(resolve, 3000));
    } finally {
      loading.delete(number);
      if (section === this.section) this.render();
    }
  },

  stop(text) {
    this.stopped = true;
    notice(text);
  },

  fill(number, found) {
    const total = Number(found.dataset.total);
    if (total !== this.total) this.resize(total);
    const editors = new Map(this.shown().filter(this.editing).map((row) => [row.id, row]));
    all("article[data-row]", found).forEach((article, index) => {
      const place = (number - 1) * this.size + index;
      if (editors.has(article.id)) return this.move(editors.get(article.id), place);
      const row = this.rows[place];
      if (!row || this.editing(row)) return;
      const focused = row.element?.contains(document.activeElement);
      this.keep(row, article);
      if (!row.element) return;
      this.take_out(row);
      this.put_in(row);
      if (focused) row.element.focus({ preventScroll: true });
    });
    // what the server left out is gone
    const rows = this.rows.slice((number - 1) * this.size, number * this.size);
    for (const row of rows) {
      row.html ||= '<div class="segment segment-loading">Gone.</div>';
      row.stale = false; // also where what is being edited is gone
    }
    this.layout();
  },

  // What is being edited goes where its segment is by now; who was there before is asked for again.
  move(row, place) {
    row.stale = false;
    if (row.place === place || place >= this.rows.length) return;
    const from = row.place;
    this.rows.splice(from, 1);
    this.rows.splice(place, 0, row);
    if (this.rows[from].element) this.take_out(this.rows[from]);
    this.rows[from].html = null;
    this.rows.forEach((other, index) => (other.place = index));
  },

  // Somebody has added or deleted some: all but what is in sight is asked for again. What is being edited stays, in any case.
  resize(total) {
    this.total = total;
    while (this.rows.length > total) {
      const place = this.rows.findLastIndex((row) => !this.editing(row));
      if (place < 0) break;
      const [row] = this.rows.splice(place, 1);
      if (row.element) this.take_out(row);
    }
    while (this.rows.length < total) this.rows.push({});
    this.layout();
    this.outdate();
  },

  outdate() {
    for (const row of this.rows) row.element ? (row.stale = true) : (row.html = null);
  },

  // so that a reload, or a link that is passed on, leads back here
  remember(place) {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      const url = new URL(location.href);
      const page = Math.floor(place / this.size) + 1;
      page > 1 ? url.searchParams.set("page", page) : url.searchParams.delete("page");
      history.replaceState({ ...history.state, place }, "", url);
    }, 300);
  },

  async ids(from, to) {
    for (let place = from; place <= to; place++) {
      if (this.stopped) break;
      if (this.rows[place] && !this.rows[place].html) await this.load(Math.floor(place / this.size) + 1);
    }
    return this.rows.slice(from, to + 1).map((row) => row.id).filter(Boolean);
  },
};

/* ---- the selection: it outlives the rows, which come and go ---- */

const selection = {
  ids: new Set(),
  all: false, // with these exceptions:
  except: new Set(),
  last: null,

  reset(all = false) {
    this.ids = new Set();
    this.except = new Set();
    this.all = all;
    this.tell();
  },

  has(row) {
    return this.all ? !this.except.has(row.id) : this.ids.has(row.id);
  },

  show(row) {
    const box = one("input[name=ids]", row.element);
    if (box) box.checked = this.has(row);
  },

  async tick(box, { shiftKey }) {
    const row = scroll.of.get(box.closest("article"));
    if (!row) return;
    const from = shiftKey && this.last ? this.last.place : row.place;
    const on = box.checked;
    this.last = row;
    for (const id of await scroll.ids(Math.min(from, row.place), Math.max(from, row.place))) this.set(id, on);
    this.tell();
  },

  set(id, on) {
    const named = this.all ? this.except : this.ids;
    on === this.all ? named.delete(id) : named.add(id);
  },

  async page() {
    const first = Math.floor(scroll.at(-scroll.section.getBoundingClientRect().top + GAP) / scroll.size) * scroll.size;
    for (const id of await scroll.ids(first, first + scroll.size - 1)) this.set(id, true);
    this.tell();
  },

  tell() {
    const bar = one("#batch");
    if (!bar) return;
    if (scroll.section) for (const row of scroll.shown()) this.show(row);
    const total = scroll.rows.length;
    const number = this.all ? total - this.except.size : this.ids.size;
    const sent = (ids) => [...ids].map((id) => id.replace("segment-", "")).join(",");
    bar.classList.toggle("batch-empty", !number);
    one(".batch-count", bar).textContent = number ? `${number.toLocaleString()} selected` : "";
    one("[data-select-all]", bar).textContent = `Select all ${total.toLocaleString()}`;
    one("[data-select-all]", bar).hidden = number === total;
    one("[data-ids]", bar).value = this.all ? "" : sent(this.ids);
    one("[data-except]", bar).value = sent(this.except);
    one("[data-all]", bar).value = this.all ? new URL(scroll.address, location.href).search || "?" : "";
    all("[data-few]", bar).forEach((button) => (button.disabled = this.all || number < 2 || number > 20));
  },
};

document.addEventListener("click", (event) => {
  if (event.target.matches("input[name=ids][form=batch]")) selection.tick(event.target, event);
  if (event.target.closest("[data-select-all]")) selection.reset(true);
  if (event.target.closest("[data-select-page]")) selection.page();
  if (event.target.closest("[data-select-none]")) selection.reset();
});

/* ---- when to look ---- */

history.scrollRestoration = "manual"; // the browser knows pixels, we know the row

let looking = false;
function look() {
  if (looking) return;
  looking = true;
  requestAnimationFrame(() => ((looking = false), scroll.render()));
}
addEventListener("scroll", look, { passive: true });
addEventListener("resize", look);
// at once: the next key may come before the next frame
addEventListener("focusin", (event) => scroll.section?.contains(event.target) && queueMicrotask(() => scroll.render()));

document.body.addEventListener("segments-changed", () => {
  if (!scroll.section) return location.reload();
  scroll.outdate();
  scroll.render();
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.path.includes("/segments/batch/") && event.detail.target.id === "under-way") selection.reset();
});

// An editor of what somebody else has deleted: whoever leaves it leaves nothing in its place.
document.body.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status !== 404 || !detail.elt.matches(".scroll [data-cancel]")) return;
  detail.elt.closest("form").remove();
  setTimeout(() => htmx.trigger(document.body, "segments-changed")); // once swapped() has taken note of it
});

const adopt = (root) => {
  const section = root.matches?.("[data-scroll]") ? root : one("[data-scroll]", root);
  if (section && section !== scroll.adopted) scroll.adopt((scroll.adopted = section));
};
adopt(document);
htmx.onLoad(adopt);
