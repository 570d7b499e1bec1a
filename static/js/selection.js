// Which segments are selected: these, or all but these. It outlives the rows, which come and go. No page is needed.

export class Selection {
  constructor() {
    this.reset();
  }

  reset(everything = false) {
    this.everything = everything;
    this.ids = new Set();
    this.except = new Set();
  }

  has(id) {
    return this.everything ? !this.except.has(id) : this.ids.has(id);
  }

  set(id, on) {
    const named = this.everything ? this.except : this.ids;
    if (on === this.everything) named.delete(id);
    else named.add(id);
  }

  /** Of a segment that is deleted. */
  forget(id) {
    this.ids.delete(id);
    this.except.delete(id);
  }

  count(total) {
    return this.everything ? total - this.except.size : this.ids.size;
  }
}
