// What every page has. Also what only some of them show: after a dataset was made its page comes without a reload, and brings no script.
// The order is that in which they hear of an event.
import "./menus.js";
import "./dialogs.js";
import "./clipboard.js";
import "./notices.js";
import "./keyboard.js";
import "./unsaved.js";
import "./sign_out.js";
import "./ticked_rows.js";
import "./documents.js";
import "./uploads.js";
import "./dropped_files.js";
import "./busy.js";

for (const form of document.querySelectorAll("form[data-submit-at-once]")) form.submit();
