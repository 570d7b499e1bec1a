// Which upload is next, and what is said of uploads. No page is needed.
import { count, fill, gettext, ngettext } from "./words.js";

export const AT_ONCE = 3;

/**
 * The index among the waiting names of the one to send now, or -1. A name that is under way waits for its turn: the second of two
 * files of one name must find the first, and ask.
 */
export function nextUpload(waiting, underWay) {
  return underWay.length < AT_ONCE ? waiting.findIndex((name) => !underWay.includes(name)) : -1;
}

export function fileSize(bytes) {
  return bytes < 1e6 ? `${count(Math.ceil(bytes / 1e3))} kB` : `${count(bytes / 1e6, 1)} MB`;
}

export function standing(rows, sent, problems) {
  return [
    fill(gettext("%(sent)s of %(rows)s sent"), { rows, sent }),
    ...(problems ? [fill(ngettext("%(problems)s needs you", "%(problems)s need you", problems), { problems })] : []),
  ].join(", ");
}

/** What a dataset for this file is called: its name without the ending, no longer than Dify takes. */
export function datasetName(fileName) {
  return fileName.replace(/\.[^.]*$/, "").slice(0, 40);
}
