// The page: what the address says is asked for and shown.

import * as api from "./api.js";
import { sheet } from "./detail.js";
import { count, h, icon, refreshTimes } from "./dom.js";
import { Filters } from "./filters.js";
import { Grid, altText, tilesOfHits, tilesOfItems, title } from "./grid.js";
import { BoxEditor, boxList } from "./boxes.js";
import { CropBox, button, exampleList, levelNote, varietySlider } from "./query.js";
import * as states from "./state.js";
import * as uploads from "./uploads.js";

const $ = (id) => document.getElementById(id);
const MOST = 960;
const KEPT = 12;
const WATCH = 20_000;

let state = states.read(location.search);
/** The answer on the page: `{ key, items, cursor, search, k, scroll, cursorOfChanges }`. */
let shown = null;
/** Answers of earlier states, so that Back is instant and finds its place. */
const earlier = new Map();
let loading = new AbortController();
let openPicture = null;
/** What the server says of itself. */
let server = {};
let cropBox = null;
/** The editor of a picture's boxes while it is open: `{ editor, answer }`. */
let editing = null;

const grid = new Grid($("results"), follow, steer);
const filters = new Filters((filter) => go({ ...state, filter, show: null }));

// MARK: Going somewhere

/** Follows a link within the page; clicks meant for a new tab stay the browser's. */
function follow(next, event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
  event.preventDefault();
  go(next);
}

function go(next, { replace = false } = {}) {
  leave();
  history[replace ? "replaceState" : "pushState"](null, "", states.href(next));
  apply(next);
}

/** Lets a picture count beside the query, or no longer. */
function steer(name, id) {
  go(states.steer(state, name, id));
}

function leave() {
  if (!shown) return;
  shown.scroll = scrollY;
  shown.focus = document.activeElement?.closest(".tile")?.dataset.image ?? shown.focus;
}

async function apply(next, isBack = false) {
  const last = state;
  state = next;
  if (state.show !== last.show || (state.show && !$("detail").open)) showDetail();
  if (shown && states.key(next) === shown.key) {
    if (next.variety !== last.variety) showLevel();
    return;
  }
  const known = isBack && earlier.get(states.key(next));
  if (known) {
    keep(known);
    await showAnswer();
    scrollTo(0, known.scroll ?? 0);
    if (known.focus) grid.focusImage(known.focus);
    return;
  }
  await load(isBack || !shown);
}

function keep(answer) {
  shown = answer;
  earlier.delete(answer.key);
  earlier.set(answer.key, answer);
  for (const old of [...earlier.keys()].slice(0, -KEPT)) earlier.delete(old);
}

async function load(keepsFocus) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  const wanted = state;
  const changesPlace = !shown || !states.isSamePlace(wanted, shown.state);
  $("results").setAttribute("aria-busy", "true");
  $("notice").hidden = true;
  $("more").hidden = true;
  if (changesPlace) { grid.bones(); $("query").hidden = true; }
  heading();
  try {
    const answer = await fetchAnswer(wanted, signal);
    if (signal.aborted) return;
    keep(answer);
    await showAnswer();
    if (changesPlace) {
      scrollTo(0, 0);
      if (!keepsFocus && !$("detail").open) $("title").focus({ preventScroll: true });
    }
  } catch (error) {
    if (error.name !== "AbortError") fail(error);
  }
}

async function fetchAnswer(wanted, signal) {
  const key = states.key(wanted);
  if (!wanted.source) {
    const page = await api.items(wanted.filter, null, signal);
    return { key, state: wanted, items: page.items, cursor: page.next_cursor, facets: page.facets };
  }
  const picture = await pictureOf(wanted);
  const [search, facets] = await Promise.all([
    api.search(wanted, picture, null, signal),
    shown?.facets && JSON.stringify(shown.state.filter) === JSON.stringify(wanted.filter) ? shown.facets : api.facets(wanted.filter, signal),
  ]);
  const boxes = shown && states.isSamePlace(wanted, shown.state) ? shown.boxes : undefined;
  return { key, state: wanted, search, k: api.PAGE, facets, picture, boxes };
}

/** What was dropped here to search by; null where the catalog has it. */
async function pictureOf({ source }) {
  if (source.kind !== "picture") return null;
  const picture = await uploads.find(source.value);
  if (picture) return picture;
  throw new api.Problem({ code: "upload_gone", title: "The picture is no longer here", detail: "This browser keeps the last twenty pictures that were searched by." });
}

// MARK: Showing

async function showAnswer() {
  $("boot").hidden = true;
  $("notice").hidden = true;
  $("results").removeAttribute("aria-busy");
  filters.show(shown.state.filter, shown.facets);
  showQuery();
  if (shown.search) showLevel();
  else showItems();
}

function heading() {
  const { source, fold } = state;
  const words = !source ? "Fresh in the window" : source.kind === "text" ? `“${source.value}”` : fold ? "Looks like this" : "This picture, everywhere";
  $("title").textContent = words;
  document.title = state.source ? `${words} – Vitrine` : "Vitrine";
}

function showItems(kept = 0) {
  heading();
  const tiles = tilesOfItems(shown.items);
  grid.show(tiles, state, kept);
  grid.recount(tiles);
  $("more").hidden = !shown.cursor;
  const isFiltered = Object.keys(shown.state.filter).length > 0;
  $("lead").textContent = tiles.length ? (isFiltered ? "The newest finds that pass the filters." : "The newest finds first. Pick one to see what looks like it.") : "";
  if (!tiles.length) {
    tell(isFiltered ? "Nothing passes these filters" : "The window is still empty",
      isFiltered ? "Take one of them away." : "“vitrine crawl” fills it; what is found appears here by itself.",
      isFiltered && button("Clear the filters", null, () => go({ ...state, filter: {} }), true));
  }
  say(`${count(tiles.length)} ${tiles.length === 1 ? "item" : "items"}${shown.cursor ? ", more below" : ""}`);
}

function showLevel(kept = 0) {
  heading();
  const level = shown.search.levels[state.variety - 1];
  const tiles = tilesOfHits(level.hits);
  grid.show(tiles, state, kept);
  $("notice").hidden = true;
  $("more").hidden = level.hits.length < shown.k || shown.k >= MOST;
  const note = levelNote(level, shown.search.indexed);
  $("lead").textContent = [
    `${count(tiles.length)} ${tiles.length === 1 ? "picture" : "pictures"} of ${count(shown.search.indexed)} in ${shown.search.took_ms} ms.`,
    tiles.length < shown.k && note,
  ].filter(Boolean).join(" ");
  if (!tiles.length) {
    tell("Nothing here", note ?? (Object.keys(shown.state.filter).length ? "No picture passes the filters." : "The index has no picture yet."),
      state.variety > 1 && button("Show the closest", null, () => setVariety(1), true));
  }
  say($("lead").textContent);
}

function showQuery() {
  const section = $("query");
  section.hidden = !shown.search;
  if (!shown.search) return;
  if (editing?.answer === shown) return;
  editing = null;
  section.classList.remove("editing");
  const { image, item } = shown.search.query;
  const place = JSON.stringify(shown.state.source);
  const { kind, value } = shown.state.source;
  const name = item ? title(item) : kind === "text" ? value : shown.picture ? "Your picture" : "This picture";
  const isSame = cropBox?.place === place && section.contains(cropBox.element);
  if (isSame) {
    cropBox.set(shown.state.crop);
  } else {
    if (openPicture) URL.revokeObjectURL(openPicture);
    openPicture = shown.picture ? URL.createObjectURL(shown.picture) : null;
    const source = openPicture ?? image?.href;
    cropBox = source ? new CropBox(source, item ? altText(item, image) : name, shown.state.crop, setCrop) : null;
    if (cropBox) cropBox.place = place;
    cropBox?.outline(shown.boxes?.boxes);
    section.replaceChildren(...[cropBox?.element].filter(Boolean));
  }
  const ask = h("div", { class: "ask" },
    h("div", {}, h("h2", { dir: "auto" }, name),
      h("p", { class: "sub" }, kind === "text" ? "Searched by words."
        : shown.state.crop ? "Searched by the part in the box." : "Drag over the picture to search by a part of it.")),
    boxList(shown.boxes?.boxes, shown.state.crop, setCrop),
    varietySlider(state.variety, setVariety),
    exampleList(shown.search.query, steer),
    h("div", { class: "row" },
      h("a", { class: "button", href: states.href(states.fresh(state)), onclick: (event) => follow(states.fresh(state), event) }, icon("back"), "Fresh items"),
      shown.state.fold && h("button", {
        id: "per-product", class: "button", type: "button", "aria-pressed": String(shown.state.perProduct),
        title: "All pictures of a product as one", onclick: () => go({ ...state, perProduct: !state.perProduct, show: null }),
      }, "One per product"),
      shown.state.crop && button("Whole picture", null, () => setCrop(null)),
      server.edits && image && shown.boxes && h("button", { id: "edit-boxes", class: "button", type: "button", onclick: editBoxes }, "Edit the boxes"),
      item && h("button", { class: "button", type: "button", "aria-haspopup": "dialog", onclick: () => go({ ...state, show: String(item.id) }) }, icon("info"), "Details")));
  // What was focused in the old one is focused in the new one.
  const old = section.querySelector(".ask");
  const focused = old?.contains(document.activeElement) ? document.activeElement.id : null;
  if (old) old.replaceWith(ask); else section.append(ask);
  if (focused) $(focused)?.focus();
  showBoxes();
}

/** Asks for the boxes in what is searched by; in a picture from outside, where there is a detector. */
async function showBoxes() {
  const answer = shown;
  const image = answer?.search?.query.image;
  if (answer?.boxes || !(image || (server.detector && answer?.picture))) return;
  try {
    answer.boxes = await api.boxes(image, answer.picture);
  } catch {
    // The picture can be searched by without them.
    return;
  }
  if (shown !== answer) return;
  cropBox?.outline(answer.boxes.boxes);
  showQuery();
}

function editBoxes() {
  const answer = shown;
  const { image, item } = answer.search.query;
  const close = () => {
    editing = null;
    if (shown !== answer) return;
    showQuery();
    $("edit-boxes")?.focus();
  };
  const editor = new BoxEditor(image, altText(item, image), answer.boxes.boxes, {
    close, say,
    save: async (boxes) => {
      answer.boxes = await api.placeBoxes(image, boxes, answer.boxes.revision);
      close();
      say(`The boxes are kept, ${answer.boxes.boxes.length} in all`);
    },
  });
  editing = { editor, answer };
  $("query").classList.add("editing");
  $("query").replaceChildren(editor.frame, editor.panel);
  editor.panel.querySelector("#boxes-title").focus();
}

/** Another level of the same answer: nothing is asked for. */
function setVariety(level) {
  state = { ...state, variety: level };
  history.replaceState(null, "", states.href(state));
  const input = $("variety");
  if (Number(input.value) !== level) { input.value = level; input.dispatchEvent(new Event("input")); return; }
  showLevel();
}

function setCrop(crop) {
  go({ ...state, crop, show: null }, { replace: Boolean(state.crop) });
}

async function more() {
  const { signal } = loading;
  $("more").disabled = true;
  try {
    if (shown.search) {
      const before = grid.tiles().length;
      const page = { offset: shown.k, snapshot: shown.search.snapshot };
      const next = await api.search(shown.state, shown.picture, page, signal);
      shown.search.levels.forEach((level, i) => level.hits.push(...next.levels[i].hits));
      shown.k += api.PAGE;
      showLevel(before);
      grid.focus(grid.tiles()[before]);
    } else {
      const page = await api.items(shown.state.filter, shown.cursor, signal);
      const before = grid.tiles().length;
      shown.items = [...shown.items, ...page.items];
      shown.cursor = page.next_cursor;
      showItems(before);
      grid.focus(grid.tiles()[before]);
    }
  } catch (error) {
    if (error.name !== "AbortError") fail(error, more);
  } finally {
    $("more").disabled = false;
  }
}

async function showDetail() {
  const dialog = $("detail");
  if (!state.show) return dialog.open && dialog.close();
  const wanted = state.show;
  const close = () => dialog.close();
  try {
    const answer = await api.item(wanted);
    if (state.show !== wanted) return;
    dialog.replaceChildren(sheet(answer, state, follow, close));
  } catch (error) {
    if (state.show !== wanted) return;
    dialog.replaceChildren(h("div", { class: "sheet" },
      h("button", { class: "quiet icon-only close", type: "button", "aria-label": "Close", onclick: close }, icon("close")),
      h("div", { class: "facts" }, h("h2", { id: "detail-title" }, error.title ?? "That did not work"),
        h("p", { class: "text" }, `${error.message} ${api.advice(error)}`), h("div", { class: "row" }, button("Try again", null, showDetail, true)))));
  }
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

// MARK: Telling

function tell(heading, words, ...buttons) {
  $("notice").replaceChildren(h("h2", {}, heading), h("p", {}, words), h("div", { class: "row" }, buttons));
  $("notice").hidden = false;
  $("boot").hidden = true;
}

function fail(error, again = () => load(true)) {
  $("results").removeAttribute("aria-busy");
  if (!(error instanceof api.Problem)) console.error(error);
  if ($("results").querySelector(".bone")) $("results").replaceChildren();
  if (!shown) filters.show(state.filter);
  const words = [error.message, api.advice(error)].filter(Boolean).map((text) => text.replace(/([^.!?])$/, "$1.")).join(" ");
  tell(error.title ?? "Something went wrong on this page", words.charAt(0).toUpperCase() + words.slice(1),
    button("Try again", null, () => again(), true), state.source && button("Fresh items", "back", () => go(states.fresh(state))));
}

function say(words) { $("status").textContent = words; }

// MARK: Pictures from outside

async function searchBy(file) {
  if (!file) return;
  if (file.type && !file.type.startsWith("image/")) {
    return fail(new api.Problem({ code: "unreadable_picture", title: "That is no picture", detail: `“${file.name}” is of the type ${file.type}` }));
  }
  say("Searching by your picture");
  go(states.like(state, "picture", await uploads.keep(file)));
}

function searchByLink(text) {
  const link = text.trim();
  if (link) go(states.like(state, "url", link));
}

/** What was typed: an address, else words. */
function searchByTyped(text) {
  const typed = text.trim();
  const isLink = /^(https?:\/\/\S+|[^\s/]+\.[^\s/]+\/\S*)$/i.test(typed);
  if (isLink) searchByLink(typed);
  else if (typed) go(states.like(state, "text", typed));
}

for (const id of ["file", "camera"]) {
  $(id).addEventListener("change", (event) => { searchBy(event.target.files[0]); event.target.value = ""; });
}
$("find").addEventListener("submit", (event) => { event.preventDefault(); searchByTyped($("link").value); });
$("link").addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text");
  if (/^https?:\/\/\S+$/.test(text.trim())) { event.preventDefault(); $("link").value = text.trim(); searchByLink(text); }
});
document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
  if (file) { event.preventDefault(); searchBy(file); return; }
  if (event.target.closest?.("input, textarea")) return;
  const text = event.clipboardData.getData("text").trim();
  if (/^https?:\/\/\S+$/.test(text)) searchByLink(text);
});

const carries = (event, type) => event.dataTransfer?.types.includes(type);
document.addEventListener("dragover", (event) => {
  if (!carries(event, "Files") && !carries(event, "text/uri-list")) return;
  event.preventDefault();
  $("drop").hidden = false;
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("drop").hidden = true; });
document.addEventListener("drop", (event) => {
  $("drop").hidden = true;
  if (!carries(event, "Files") && !carries(event, "text/uri-list")) return;
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (file) searchBy(file);
  else searchByLink(event.dataTransfer.getData("text/uri-list").split("\n")[0]);
});

// MARK: Start

$("home").addEventListener("click", (event) => follow({ ...states.fresh(state), filter: {} }, event));
$("more").addEventListener("click", more);
$("detail").addEventListener("close", () => { if (state.show) go({ ...state, show: null }); });
$("detail").addEventListener("click", (event) => { if (event.target === $("detail")) $("detail").close(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") $("drop").hidden = true; });
window.addEventListener("popstate", () => { leave(); apply(states.read(location.search), true); });
window.addEventListener("error", (event) => { if (!shown) fail(event.error ?? new Error(event.message)); });
window.addEventListener("unhandledrejection", (event) => { if (!shown) fail(event.reason ?? new Error()); });
history.scrollRestoration = "manual";

/** Tells when something new has come, without moving what is looked at. */
async function watch() {
  refreshTimes();
  if (document.hidden || !shown || shown.search) return;
  try {
    const { catalog } = await api.statistics();
    const known = shown.changes;
    shown.changes = catalog.cursor;
    const isEmpty = !shown.items.length && !Object.keys(shown.state.filter).length;
    if (isEmpty && catalog.cursor > (known ?? 0)) {
      // There is nothing that it could move.
      await load(true);
      shown.changes = catalog.cursor;
      return;
    }
    if (known === undefined || catalog.cursor === known) return;
    tell("Something new has come in", "New items or prices were found since you opened this page.",
      button("Show them", null, () => { $("notice").hidden = true; load(true); }, true));
  } catch {
    // The next request that matters says so where it is seen.
  }
}
setInterval(watch, WATCH);
document.addEventListener("visibilitychange", watch);

/** Learns what the server can do: words are invited where the model knows them, garments are looked for. */
async function learn() {
  try {
    server = await api.statistics();
  } catch {
    // What the answer is asked for tells it where it is seen.
    return;
  }
  showBoxes();
  if (!server.text_model) return;
  $("link").placeholder = "Describe it, drop or paste a picture, or paste its link";
  $("link-label").textContent = "Words, or the link of a picture or page in the catalog";
}

heading();
if (state.source?.kind === "text") $("link").value = state.source.value;
if (state.show) showDetail();
load(true).then(watch);
learn();
