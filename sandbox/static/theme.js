// Dark or light theme: the system's, until the visitor chooses one.

const THEMES = ["dark", "light"];
const light = window.matchMedia("(prefers-color-scheme: light)");

export function theme() {
  const kept = localStorage.getItem("theme");
  if (THEMES.includes(kept)) return kept;
  return light.matches ? "light" : "dark";
}

function show() {
  document.documentElement.dataset.theme = theme();
}

show();
light.addEventListener("change", show);
window.addEventListener("storage", show); // the frame's choice applies to the channel in it, too

export function watchTheme(button) {
  const name = () => { button.textContent = theme() === "dark" ? "☀" : "☾"; button.title = button.ariaLabel = theme() === "dark" ? "Light theme" : "Dark theme"; };
  name();
  light.addEventListener("change", name);
  button.addEventListener("click", () => {
    localStorage.setItem("theme", theme() === "dark" ? "light" : "dark");
    show();
    name();
  });
}
