// Where the rows of a long list are, of which few are measured. No page is needed.

/** Where each row begins, and at last where the list ends; a row without a height is as high as is usual. */
export function topsOf(rows, usual) {
  const tops = new Float64Array(rows.length + 1);
  for (let index = 0; index < rows.length; index++) tops[index + 1] = tops[index] + (rows[index].height || usual);
  return tops;
}

/** The mean of the heights that are known. */
export function meanHeight(rows) {
  const known = rows.filter((row) => row.height);
  return known.reduce((sum, row) => sum + row.height, 0) / known.length;
}

/** The row at y: the last one that begins there or above, and the first one above the list. */
export function rowAt(tops, y) {
  let low = 0;
  let high = tops.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** All whole numbers between the two, and the two, whichever is first. */
export function range(one, other) {
  const first = Math.min(one, other);
  return Array.from({ length: Math.abs(one - other) + 1 }, (_, step) => first + step);
}

/** The rows before and after one, as far as to the next that can be edited (or whose text is not here), and twenty at most. */
export function neighbours(rows, index) {
  let last = index + 1;
  while (last < index + 20 && rows[last]?.html && !rows[last].editable) last += 1;
  return range(index - 1, last).filter((other) => rows[other]);
}

/** Pages are counted from one, rows from zero. */
export const pageOf = (index, size) => Math.floor(index / size) + 1;
export const firstOf = (page, size) => (page - 1) * size;
