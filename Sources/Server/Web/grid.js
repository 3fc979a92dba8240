// The pictures: tiles, their keyboard and what folds into what.

import { h, icon, money, shopLink, since } from "./dom.js";
import { lay } from "./region.js";
import { href, like } from "./state.js";

const KINDS = { product: "Product", post: "Post", creator: "Creator" };

/** What a tile is called, by eye and by ear. */
export function title(item) {
  if (!item) return "Picture without an item";
  if (item.kind === "post") return item.text ? item.text : "Post";
  return item.name ?? item.handle ?? item.sku ?? KINDS[item.kind];
}

export function altText(item, image) {
  if (!item) return `Picture ${image?.id ?? ""}, no longer shown by any item`;
  const parts = [title(item).slice(0, 120)];
  if (item.brand) parts.push(`by ${item.brand}`);
  if (item.color) parts.push(`in ${item.color}`);
  return parts.join(" ");
}

/** Price, and the higher regular price struck through. */
export function priceLine(offer) {
  if (!offer.price && !offer.list_price) return null;
  const now = money(offer.price, offer.currency);
  const before = money(offer.list_price, offer.currency);
  return h("p", { class: "price" },
    now && h("span", { class: before ? "now sale" : "now" },
      before && h("span", { class: "hidden" }, "Sale price "), now),
    before && h("s", {}, h("span", { class: "hidden" }, "Regular price "), before));
}

/** Tiles of items; one whose picture was already shown is folded into that. */
export function tilesOfItems(items) {
  const byGroup = new Map();
  const tiles = [];
  for (const item of items) {
    const image = item.images[0] ?? null;
    const shown = image && byGroup.get(image.group);
    if (shown) {
      shown.folded += 1;
      continue;
    }
    const tile = { image, item, folded: 0, score: null };
    if (image) byGroup.set(image.group, tile);
    tiles.push(tile);
  }
  return tiles;
}

export function tilesOfHits(hits) {
  return hits.filter((hit) => hit.image).map((hit) => (
    { image: hit.image, item: hit.items[0] ?? null, folded: hit.folded, score: hit.score, box: hit.box }));
}

/** Width by height of a tile's picture, which fills it and is cut on two sides (app.css). */
const TILE = 4 / 5;

/** The part of the picture that is the hit, where the tile shows it. */
function boxOnTile(box, image) {
  const ratio = image.width / image.height;
  const [across, down] = ratio > TILE ? [TILE / ratio, 1] : [1, ratio / TILE];
  const outline = h("span", { class: "outline", "aria-hidden": "true" });
  lay(outline, [(box.x - (1 - across) / 2) / across, (box.y - (1 - down) / 2) / down, box.width / across, box.height / down]);
  return outline;
}

export class Grid {
  /** `open(state, event)` is called for links within the page, `steer(name, id)` for examples. */
  constructor(list, open, steer) {
    this.list = list;
    this.open = open;
    this.steer = steer;
    list.addEventListener("keydown", (event) => this.move(event));
    list.addEventListener("focusin", (event) => this.enter(event.target.closest(".tile")));
  }

  bones() {
    this.list.replaceChildren(...Array.from({ length: 12 }, () => h("li", { class: "bone", "aria-hidden": "true" })));
  }

  /** Shows tiles; `kept` of those that stand already stay. */
  show(tiles, state, kept = 0) {
    const have = [...this.list.children].slice(0, kept);
    this.list.replaceChildren(...have, ...tiles.slice(kept).map((tile, i) => this.tile(tile, state, kept + i)));
    if (!this.list.querySelector(".tile.current")) this.enter(this.list.querySelector(".tile"));
  }

  /** A folded number that has grown with the next page. */
  recount(tiles) {
    tiles.forEach((tile, i) => {
      const button = this.list.children[i]?.querySelector(".stack");
      if (tile.folded && button) this.label(button, tile.folded);
      if (tile.folded && !button) this.list.children[i]?.append(this.stack(tile));
    });
  }

  tile({ image, item, folded, score, box }, state, place) {
    this.state = state;
    const next = image ? like(state, "image", image.id) : { ...state, show: String(item.id) };
    const name = title(item);
    const picture = image
      ? h("img", {
        src: image.thumbnail, alt: altText(item, image), width: image.width, height: image.height,
        loading: place < 8 ? "eager" : "lazy", decoding: "async",
      })
      : h("span", { class: item.kind === "creator" ? "none initial" : "none", "aria-hidden": "true" },
        item.kind === "creator" ? [...name][0].toUpperCase() : "No picture");
    const badges = [
      item?.is_gone && h("span", { class: "badge" }, "Gone"),
      item?.availability === "sold_out" && h("span", { class: "badge" }, "Sold out"),
      item?.list_price && item.price && h("span", { class: "badge sale" }, "Sale"),
      item?.kind === "post" && h("span", { class: "badge" }, "Post"),
      item?.kind === "creator" && h("span", { class: "badge" }, "Creator"),
    ];
    return h("li", { class: "tile", dataset: { image: image?.id ?? "", item: item?.id ?? "" } },
      h("a", {
        class: "shot", href: href(next), tabindex: "-1",
        "aria-label": image ? `${altText(item, image)}${box ? `, by its ${box.name || "part"}` : ""}: show what looks like it` : `${name}: show details`,
        onclick: (event) => this.open(next, event),
      }, picture, box && boxOnTile(box, image), h("span", { class: "badges" }, badges)),
      folded > 0 && this.stack({ image, folded }),
      state.source && image && this.examples(image, item),
      item && this.about(item, name, state, score));
  }

  about(item, name, state, score) {
    const details = { ...state, show: String(item.id) };
    const maker = [item.brand, item.kind === "post" || item.kind === "creator" ? item.handle : null].filter(Boolean);
    return h("div", { class: "about" },
      (maker.length > 0 || score !== null) && h("p", { class: "maker" },
        h("span", { dir: "auto" }, maker.join(" · ")),
        score !== null && h("span", { class: "score", title: "Cosine with what you search by" },
          h("span", { class: "hidden" }, "Likeness "), score.toFixed(2))),
      h("button", {
        class: "name", type: "button", dir: "auto", tabindex: "-1", "aria-haspopup": "dialog",
        onclick: (event) => this.open(details, event),
      }, name),
      priceLine(item),
      h("p", { class: "meta" },
        shopLink(item.url, item.retailer ?? new URL(item.url).hostname, { tabindex: "-1", dir: "auto" }),
        since(item.first_seen, "seen")));
  }

  /** What makes a hit an example. */
  examples(image, item) {
    const button = (name, sign, words) => h("button", {
      class: "quiet icon-only", type: "button", tabindex: "-1", dataset: { steer: name }, title: words,
      "aria-label": `${words}: ${altText(item, image)}`, onclick: () => this.steer(name, String(image.id)),
    }, icon(sign));
    return h("span", { class: "steer" }, button("more", "plus", "More like this too"), button("less", "minus", "Less like this"));
  }

  stack({ image, folded }) {
    const button = h("button", {
      class: "stack", type: "button", tabindex: "-1",
      onclick: (event) => this.open(like(this.state, "image", image.id, false), event),
    });
    return this.label(button, folded);
  }

  label(button, folded) {
    button.textContent = `+${folded}`;
    const what = this.state?.source && this.state.perProduct ? "of this product" : "with this picture";
    button.setAttribute("aria-label", folded === 1 ? `1 more ${what}: show it` : `${folded} more ${what}: show them`);
    return button;
  }

  // MARK: Keyboard: the grid is one stop of the Tab key, arrows move inside it.

  tiles() { return [...this.list.querySelectorAll(".tile")]; }

  enter(tile) {
    if (!tile || tile.classList.contains("current")) return;
    for (const old of this.list.querySelectorAll(".tile.current")) this.reach(old, false);
    this.reach(tile, true);
  }

  reach(tile, isCurrent) {
    tile.classList.toggle("current", isCurrent);
    for (const control of tile.querySelectorAll("a, button")) control.tabIndex = isCurrent ? 0 : -1;
  }

  move(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const tiles = this.tiles();
    const at = tiles.indexOf(event.target.closest(".tile"));
    if (at < 0) return;
    const top = tiles[0].offsetTop;
    const columns = tiles.findIndex((tile) => tile.offsetTop > top) < 0 ? tiles.length : tiles.findIndex((tile) => tile.offsetTop > top);
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: tiles.length - 1 - at };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.focus(tiles[Math.min(tiles.length - 1, Math.max(0, at + steps[event.key]))]);
  }

  focus(tile) {
    if (!tile) return;
    this.enter(tile);
    tile.querySelector(".shot").focus();
  }

  focusImage(id) {
    const tile = this.list.querySelector(`.tile[data-image="${CSS.escape(id)}"]`);
    if (tile) this.focus(tile);
    return Boolean(tile);
  }
}

