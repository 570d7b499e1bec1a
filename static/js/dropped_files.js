// Files dropped on a page of documents are sent. Dropped on the list of datasets they make one: its form opens with their name, and
// they follow it there.
import { one } from "./dom.js";
import { datasetName } from "./upload_queue.js";
import { addUploads } from "./uploads.js";
import { fill, ngettext } from "./words.js";

let following = [];

async function newDatasetFrom(files) {
  following = files;
  await htmx.ajax("GET", one("[data-drop-makes-dataset]").href, "#dialog");
  const name = one("#dialog [name=name]");
  name.value = datasetName(files[0].name);
  name.select();
  const said = one("[data-dropped-files]");
  said.hidden = false;
  said.textContent = fill(
    ngettext("%(number)s file goes into it as soon as it is there.", "%(number)s files go into it as soon as it is there.", files.length),
    { number: files.length },
  );
}

document.addEventListener("close", (event) => {
  if (event.target.id === "dialog") following = [];
}, true);

document.body.addEventListener("htmx:load", () => {
  if (!following.length || !one("#upload")) return;
  addUploads(following);
  following = [];
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!one("#upload, [data-drop-makes-dataset]") || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", kind === "dragover");
    if (kind !== "drop") return;
    const files = [...event.dataTransfer.files];
    if (one("#upload")) addUploads(files);
    else newDatasetFrom(files);
  });
}
