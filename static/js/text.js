// Counting in texts. No page is needed.

/** How many words: runs of letters and digits, in any script. */
export const wordsIn = (text) => text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;

/** A place in a text as a number of characters, as the server counts them; the browser counts units, of which some characters are two. */
export const charactersBefore = (text, units) => Array.from(text.slice(0, units)).length;
