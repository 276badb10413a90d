// The frame: loads the state, remembers the selected channel and person, and draws the parts.

import { drawPlaces, drawPosts, drawPeople } from "/places.js";
import { Seen } from "/seen.js";
import { drawDay, watchDay } from "/day.js";
import { watchPermissions } from "/permissions.js";
import { watchTheme } from "/theme.js";
import { drawTour, watchTour } from "/tour.js";

const REFRESH_MS = 1500;
const body = document.body;
const key = body.dataset.key;
const frame = document.getElementById("channel");
const forum = document.getElementById("forum");
const person = document.getElementById("person");
const problem = document.getElementById("problem");
const seen = new Seen(key);
const state = { chosen: window.location.hash.slice(1) || null, shown: null, listing: null, drawn: "" };

const kept = sessionStorage.getItem(`person:${key}`);
if ([...person.options].some((option) => option.value === kept)) person.value = kept;

export function keyFor(channelId = body.dataset.first) {
  return `${key}.${person.value}.${channelId}`;
}

export async function ask(path, method = "GET", { channel, body } = {}) {
  const headers = { "X-Simcord-Capability": keyFor(channel) };
  const answer = await fetch(path, { method, headers, cache: "no-store", body: body && JSON.stringify(body) });
  if (answer.status === 401) window.location.reload(); // the sandbox was restarted
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

export async function refresh() {
  const asked = person.value;
  const listing = await ask("/channels");
  if (asked !== person.value) return;
  state.listing = listing;
  window.sandboxAhead = Date.parse(listing.calendar.now) - Date.now();
  window.sandboxMessageCommands = listing.message_commands;
  draw();
}

function open(channelId) {
  state.chosen = channelId;
  showMenu(false);
  draw();
}

function draw() {
  const { channels, people, bot, calendar, server } = state.listing;
  const current = channels.find((row) => row.id === state.chosen) ?? channels[0];
  state.chosen = current.id;
  show(current);
  seen.begin(channels);
  if (document.visibilityState === "visible") seen.look(person.value, current);
  const unread = (row) => row.id !== current.id && seen.isUnread(person.value, row);
  const now = JSON.stringify([state.listing.channels, people, state.chosen, person.value, channels.map(unread)]);
  if (now !== state.drawn) {
    state.drawn = now;
    drawPlaces(channels, { current, unread, open });
    drawPosts(channels.filter((row) => row.forum === current.id), { unread, open });
    drawPeople(people);
    const waiting = channels.filter(unread).length;
    document.title = `${waiting ? `(${waiting}) ` : ""}${current.name} | ${server}`;
  }
  drawDay(calendar);
  drawTour(state.listing);
  showProblem(bot.is_online ? "" : `${bot.name} is offline. Commands and buttons work again once it's back.`);
}

function show(current) {
  const address = `/channel?id=${current.id}&as=${person.value}#${keyFor(current.id)}`;
  const isForum = current.kind === "forum";
  document.getElementById("where").textContent = current.name;
  document.getElementById("forum-name").textContent = current.name;
  document.getElementById("avatar").textContent = person.selectedOptions[0].textContent[0];
  document.getElementById("avatar").dataset.person = String(person.selectedIndex);
  forum.hidden = !isForum;
  frame.hidden = isForum;
  if (address === state.shown) return;
  state.shown = address;
  window.history.replaceState(null, "", `#${current.id}`);
  frame.title = current.name;
  if (!isForum) frame.contentWindow.location.replace(address);
}

function showProblem(text) {
  problem.hidden = !text;
  if (problem.textContent !== text) problem.textContent = text;
}

function showMenu(isOpen) {
  body.classList.toggle("menu", isOpen);
  document.getElementById("menu").setAttribute("aria-expanded", String(isOpen));
}

async function watch() {
  try {
    await refresh();
    body.classList.remove("gone");
  } catch {
    body.classList.add("gone");
    showProblem("The sandbox has stopped. This page reconnects automatically once you start it again.");
  }
  setTimeout(watch, REFRESH_MS);
}

person.addEventListener("change", () => {
  sessionStorage.setItem(`person:${key}`, person.value);
  refresh().catch(() => {});
});
document.getElementById("menu").addEventListener("click", () => showMenu(!body.classList.contains("menu")));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") showMenu(false); });
document.addEventListener("visibilitychange", () => { if (state.listing) draw(); });
window.addEventListener("message", (event) => {
  if (event.origin !== window.location.origin) return;
  const { open: id, openNamed: name } = event.data ?? {};
  const row = state.listing?.channels.find((place) => place.id === id || (name !== undefined && place.name === name));
  if (row) open(row.id);
});
watchTour({ frame, home: () => open(body.dataset.first), leaveMenu: () => showMenu(false) });
watchTheme(document.getElementById("theme"));
watchPermissions((method, body) => ask("/permissions", method, { channel: state.chosen, body }));
watchDay({ move: () => ask("/next-day", "POST"), refresh });
void watch();
