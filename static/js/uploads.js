// Uploads: a row and a request for each file, a few at a time.
import { all, one } from "./dom.js";
import { fileSize, nextUpload, standing } from "./upload_queue.js";
import { fill, gettext } from "./words.js";

const ROW = "[data-upload-row]";
const waiting = [];
const running = new Set();

const fileOf = (row) => one("input[type=file]", row).files[0];
const nameOf = (row) => fileOf(row).name;
const stateOf = (row) => one("[data-upload-state]", row);

export function addUploads(files) {
  for (const file of files) waiting.push(addRow(file));
  one("#uploads").hidden = false;
  startNext();
}

function addRow(file) {
  const row = one("#upload-row").content.firstElementChild.cloneNode(true);
  const carrier = new DataTransfer();
  carrier.items.add(file);
  one("input[type=file]", row).files = carrier.files;
  one("[data-upload-name]", row).textContent = file.name;
  one("[data-upload-size]", row).textContent = fileSize(file.size);
  one("[data-upload-rows]").append(row);
  htmx.process(row);
  return row;
}

const next = () => nextUpload(waiting.map(nameOf), [...running].map(nameOf));

function startNext() {
  for (let index = next(); index >= 0; index = next()) {
    const [row] = waiting.splice(index, 1);
    if (!row.isConnected) continue;
    running.add(row);
    check(row);
  }
  showStanding();
}

function check(row) {
  const { name, size } = fileOf(row);
  showState(row, gettext("Checking…"));
  htmx.ajax("POST", one("#upload").dataset.checkUrl, { source: row, target: stateOf(row), values: { name, size } });
}

function showState(row, text) {
  const said = document.createElement("span");
  said.className = "sub";
  said.textContent = text;
  stateOf(row).replaceChildren(said);
}

function showStanding() {
  const title = one("[data-uploads-title]");
  if (!title) return;
  const rows = all(ROW).length;
  const sent = all(`${ROW} [data-upload="sent"]`).length;
  const problems = all(`${ROW} :is([data-upload="asked"], [data-upload="refused"], [data-upload="failed"])`).length;
  title.textContent = standing(rows, sent, problems);
  if (!rows) one("#uploads").hidden = true;
}

document.body.addEventListener("htmx:xhr:progress", ({ target, detail }) => {
  const row = target.closest(ROW);
  const sending = detail.lengthComputable && row && !one('[data-upload="sent"]', row);
  if (!sending || !row.dataset.sending) return;
  const percent = Math.round((100 * detail.loaded) / detail.total);
  one("progress", row).value = percent;
  showState(row, percent < 100 ? fill(gettext("Sending, %(percent)s%"), { percent }) : gettext("Dify is taking it…"));
});

document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const row = detail.elt.closest?.(ROW);
  if (!row || !detail.elt.matches("form")) return;
  row.dataset.sending = "1";
  running.add(row);
});

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const row = detail.elt.closest?.(ROW);
  if (!row) return;
  const outcome = one("[data-upload]", row)?.dataset.upload;
  if (outcome === "ready" && !row.dataset.sending) {
    one("form", row).requestSubmit();
    return;
  }
  delete row.dataset.sending;
  one("progress", row).value = outcome === "sent" ? 100 : 0;
  if (!detail.successful) stateOf(row).replaceChildren(one("#upload-failed").content.cloneNode(true));
  running.delete(row);
  startNext();
});

document.addEventListener("click", ({ target }) => {
  const row = target.closest(ROW);
  if (target.closest("[data-clear-uploads]")) {
    for (const done of all(`${ROW}:has([data-upload="sent"], [data-upload="refused"])`)) done.remove();
  } else if (row && target.closest("[data-remove-upload]")) {
    htmx.trigger(one("form", row), "htmx:abort");
    row.remove();
    running.delete(row);
  } else if (row && target.closest("[data-retry-upload]")) {
    waiting.push(row);
  } else return;
  startNext();
});

document.addEventListener("change", ({ target }) => {
  if (target.id !== "files") return;
  addUploads([...target.files]);
  target.value = "";
});

addEventListener("beforeunload", (event) => {
  if (running.size + waiting.length) event.preventDefault();
});
