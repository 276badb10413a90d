// Shows errors where Discord shows them: below the command, the message or the modal.

import { application, onReceipt } from "/wire.js";

const timeline = document.getElementById("channel-timeline");
const modals = document.getElementById("modal-root");
const below = new Map(); // the error below a message, by message ID
let form = "";

onReceipt((sent, receipt) => {
  const isRefused = receipt.rejected === true;
  const isDone = !isRefused && receipt.settlement === "settled";
  const code = receipt.diagnostics?.[0]?.code;
  if (sent.kind === "run_command" && !isDone && code !== "command-option-invalid") {
    const outdated = "This command is outdated, please try again in a few minutes";
    notice(`/${sent.path.join(" ")}`, isRefused ? outdated : "The application did not respond");
    if (!isRefused) Object.assign(receipt, { settlement: "settled", diagnostics: [] }); // unblocks the composer
  } else if (sent.kind === "click" || sent.kind === "select") {
    if (isDone) below.delete(sent.target_id);
    else below.set(sent.target_id, "This interaction failed");
  } else if (sent.kind === "modal_submit") {
    form = isDone ? "" : "Something went wrong. Try again.";
  } else if (sent.kind === "send_message" && !isDone) {
    notice("", "Your message could not be delivered. Try again.");
  }
  decorateFailures();
});

function make(tag, className, ...content) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...content);
  return element;
}

export function notice(command, text) {
  const switched = window.parent.document.getElementById("person");
  const person = switched?.selectedOptions[0]?.textContent.split(",")[0] ?? "You";
  const dismiss = make("button", "dismiss", "Dismiss message");
  dismiss.type = "button";
  const article = make("article", "failure");
  article.setAttribute("role", "alert");
  if (command) article.append(make("p", "failure-used", `${person} used `, make("strong", "", command)));
  article.append(make("p", "failure-head", application.name, make("span", "failure-app", "APP")));
  article.append(make("p", "failure-text", text), make("p", "failure-note", "Only you can see this · ", dismiss));
  dismiss.addEventListener("click", () => article.remove());
  timeline.append(article);
  timeline.scrollTop = timeline.scrollHeight;
}

export function decorateFailures() {
  for (const message of timeline.querySelectorAll(".channel-message")) {
    const text = below.get(message.dataset.messageId);
    const shown = message.querySelector(":scope > .interaction-failed");
    if (text && !shown) message.append(failed(text));
    else if (!text) shown?.remove();
  }
  const dialog = modals.querySelector(".modal-dialog");
  if (!dialog) form = "";
  else if (form && !dialog.querySelector(".interaction-failed")) dialog.querySelector(".modal-actions")?.before(failed(form));
}

function failed(text) {
  const line = make("p", "interaction-failed", text);
  line.setAttribute("role", "alert");
  return line;
}
