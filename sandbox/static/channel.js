// Keeps the newest message in view, as Discord does, until the reader scrolls up.

const NEAR_PIXELS = 120;
const timeline = document.getElementById("channel-timeline");
let following = true;

timeline.addEventListener("wheel", () => requestAnimationFrame(look));
timeline.addEventListener("pointerup", look);
timeline.addEventListener("keyup", look);
new MutationObserver(follow).observe(timeline, { childList: true, subtree: true });
new ResizeObserver(follow).observe(timeline);

function look() {
  following = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < NEAR_PIXELS;
}

function follow() {
  if (following) requestAnimationFrame(() => requestAnimationFrame(() => { timeline.scrollTop = timeline.scrollHeight; }));
}

// Discord asks for choices as soon as an option is entered; SimCord, once something is typed in it.
document.addEventListener("focusin", ({ target }) => {
  if (!target.matches('.command-option-input[aria-autocomplete="list"]') || target.value !== "") return;
  queueMicrotask(() => target.dispatchEvent(new Event("input", { bubbles: true })));
});
