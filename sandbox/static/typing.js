// Makes the composer work like Discord's: an empty field loads its choices at once, and a chosen one shows its name.

import { onReceipt, options } from "/wire.js";

const REQUIRED = "This field is required.";
const composer = document.getElementById("channel-composer");
const asked = new WeakSet(); // fields that loaded their choices while empty
const labels = new Map(); // names of choices, by control key and value
let isAsking = false;

onReceipt((sent, receipt) => {
  if (sent.kind !== "autocomplete_command") return;
  isAsking = false;
  const key = `command:${sent.command_id}:${sent.path.join(".")}:option:${sent.focused}`;
  for (const choice of receipt.result?.choices ?? []) labels.set(`${key} ${choice.value}`, choice.name);
});

composer.addEventListener("focusin", ({ target }) => {
  decorateComposer();
  const option = options.get(target.dataset?.controlKey);
  // Typing hides an error, so don't type while one is shown.
  if (!option?.autocomplete || target.value || target.ariaInvalid || asked.has(target)) return;
  asked.add(target);
  queueMicrotask(() => target.dispatchEvent(new Event("input", { bubbles: true })));
});
composer.addEventListener("focusout", () => queueMicrotask(decorateComposer));
composer.addEventListener("input", ({ target }) => {
  if (options.get(target.dataset?.controlKey)?.autocomplete) isAsking = true;
}, true);

// Close the list after a choice by keyboard. Otherwise the next Enter would choose again instead of sending.
composer.addEventListener("keydown", ({ key, target }) => {
  const name = target.dataset?.option;
  if (key !== "Enter" || !name || !composer.querySelector(".command-popup:not([hidden]) [aria-selected='true']")) return;
  setTimeout(() => {
    const popup = composer.querySelector(".command-popup");
    const field = document.activeElement;
    if (popup && field.dataset?.option === name && field.value) popup.hidden = true;
    decorateComposer();
  });
}, true);

function labelOf(field) {
  const key = field.dataset.controlKey;
  const choice = options.get(key)?.choices?.find((known) => String(known.value) === field.value);
  return choice?.name ?? labels.get(`${key} ${field.value}`);
}

export function decorateComposer() {
  const isListOpen = composer.querySelector(".command-popup:not([hidden])") !== null;
  for (const field of composer.querySelectorAll(".command-option-input")) {
    const pill = field.closest(".command-pill");
    const label = field === document.activeElement && isListOpen ? null : labelOf(field);
    if (label && label !== field.value) pill.dataset.shown = label;
    else delete pill.dataset.shown;
  }
  for (const error of composer.querySelectorAll(".command-error")) {
    if (error.textContent === REQUIRED) error.textContent = "This option is required. Specify a value.";
  }
  const heading = composer.querySelector(".command-popup-heading");
  if (heading?.textContent.trim() === "OPTIONS MATCHING") heading.textContent = "OPTIONS";
  const empty = composer.querySelector(".command-empty");
  const text = isAsking ? "Loading options…" : "No options match your search.";
  if (empty && /^(No options|Loading options…)/.test(empty.textContent) && empty.textContent !== text) empty.textContent = text;
}
