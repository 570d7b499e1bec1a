// Keywords as a field holds them, separated by commas. No page is needed.

export function split(value) {
  return value.split(/[,，]/).map((word) => word.trim()).filter(Boolean);
}

export const join = (words) => [...new Set(words)].join(", ");
