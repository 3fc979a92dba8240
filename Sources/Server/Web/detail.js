// Everything that is known of one item, in a dialog over the pictures.

import { h, icon, money, onDay, shopLink, since, svg } from "./dom.js";
import { altText, priceLine, title } from "./grid.js";
import { href, like } from "./state.js";

const AVAILABLE = { in_stock: "In stock", sold_out: "Sold out" };

/** The dialog's content; `open(state, event)` follows a link within the page. */
export function sheet(answer, state, open, close) {
  const { item, offers, evidence, linked_items: linked, creator_item: creator } = answer;
  return h("div", { class: "sheet" },
    h("button", { class: "quiet icon-only close", type: "button", "aria-label": "Close", onclick: close }, icon("close")),
    gallery(item, state, open), h("div", { class: "facts" },
      h("div", {},
        item.brand && h("p", { class: "maker", dir: "auto" }, item.brand),
        h("h2", { id: "detail-title", dir: "auto", tabindex: "-1" }, item.kind === "post" ? "Post" : title(item)),
        creator && h("p", { class: "maker", dir: "auto" }, `by ${creator.name ?? creator.handle}`)),
      priceLine(item),
      h("p", { class: "meta" },
        item.is_gone ? "No longer offered" : AVAILABLE[item.availability],
        shopLink(item.url, item.retailer ?? new URL(item.url).hostname, { dir: "auto" }),
        since(item.first_seen, "first seen"), since(item.last_seen, "last seen")),
      item.images[0] && h("div", { class: "row" }, more(item, state, open)),
      item.text && h("p", { class: "text", dir: "auto", tabindex: "0" }, item.text),
      facts(item), priceHistory(offers), timeline(item, offers), variants(item),
      links(item, linked, state, open), provenance(evidence)));
}

function more(item, state, open) {
  const next = like(state, "item", item.id);
  return h("a", { class: "button primary", href: href(next), onclick: (event) => open(next, event) }, "More like this");
}

function gallery(item, state, open) {
  const [first, ...others] = item.images;
  if (!first) return h("div", { class: "gallery" }, h("p", { class: "maker" }, "No picture could be read."));
  const look = (image, label) => ({
    href: href(like(state, "image", image.id)), "aria-label": label,
    onclick: (event) => open(like(state, "image", image.id), event),
  });
  return h("div", { class: "gallery" },
    h("a", { class: "big", ...look(first, `${altText(item, first)}: show what looks like it`) },
      h("img", { src: first.href, alt: altText(item, first), width: first.width, height: first.height })),
    others.length > 0 && h("div", { class: "strip" }, others.map((image, i) =>
      h("a", look(image, `Picture ${i + 2} of ${item.images.length}: show what looks like it`),
        h("img", { src: image.thumbnail, alt: "", width: image.width, height: image.height, loading: "lazy" })))));
}

function section(heading, ...content) {
  return h("section", {}, h("h3", {}, heading), ...content);
}

function table(heads, rows) {
  return h("div", { class: "table" }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, rows)));
}

function facts(item) {
  const looks = [...new Set(item.images.map((image) => image.looks_like).filter(Boolean))];
  const known = [
    ["Category", item.category], ["Looks like", looks.join(", ")], ["Colour", item.color], ["SKU", item.sku], ["GTIN", item.gtin],
    ["Published", item.published], ["Tags", item.hashtags.map((tag) => `#${tag}`).join(" ")],
  ].filter(([, value]) => value);
  return known.length > 0 && h("table", {}, h("tbody", {}, known.map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", { dir: "auto" }, value)))));
}

/** The price over time as steps: it holds until the next visit found another. */
function priceHistory(offers) {
  const points = offers.filter((offer) => offer.price).map((offer) => ({ ...offer, at: Date.parse(offer.observed_at), value: Number(offer.price) }));
  const currencies = new Set(points.map((point) => point.currency));
  if (points.length < 2 || currencies.size > 1) return null;
  const [width, height, left, bottom, top] = [440, 130, 4, 108, 22];
  const end = Math.max(Date.now(), points.at(-1).at);
  const [low, high] = [Math.min(...points.map((point) => point.value)), Math.max(...points.map((point) => point.value))];
  const x = (at) => left + (width - 2 * left) * (at - points[0].at) / Math.max(1, end - points[0].at);
  const y = (value) => high === low ? (top + bottom) / 2 : bottom - (bottom - top - 12) * (value - low) / (high - low) - 6;
  const path = points.map((point, i) => `${i ? `H${x(point.at).toFixed(1)}V` : `M${x(point.at).toFixed(1)} `}${y(point.value).toFixed(1)}`).join("");
  const words = points.map((point) => `${money(point.price, point.currency)} on ${onDay(point.observed_at)}`).join(", then ");
  return section("Price history", svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words },
    svg("line", { class: "axis", x1: left, x2: width - left, y1: bottom, y2: bottom }),
    svg("path", { class: "line", d: `${path}H${x(end).toFixed(1)}` }),
    points.map((point) => svg("circle", { class: "dot", cx: x(point.at), cy: y(point.value), r: 3.5 },
      svg("title", {}, `${money(point.price, point.currency)}, ${onDay(point.observed_at)}`))),
    svg("text", { x: left, y: 12 }, `${money(high, points[0].currency)} highest, ${money(low, points[0].currency)} lowest`),
    svg("text", { x: left, y: height - 6 }, onDay(points[0].observed_at)),
    svg("text", { x: width - left, y: height - 6, "text-anchor": "end" }, "today")));
}

function timeline(item, offers) {
  const entries = [];
  offers.forEach((offer, i) => {
    const before = offers[i - 1];
    const price = money(offer.price, offer.currency);
    if (!before) entries.push([offer.observed_at, ["New", price].filter(Boolean).join(", ")]);
    else {
      if (offer.price !== before.price) entries.push([offer.observed_at, `Price ${money(before.price, before.currency) ?? "unknown"} → ${price ?? "unknown"}`]);
      if (offer.availability !== before.availability) entries.push([offer.observed_at, AVAILABLE[offer.availability] ?? "Availability unknown"]);
    }
  });
  if (!offers.length) entries.push([item.first_seen, "New"]);
  if (item.is_gone) entries.push([item.changed_at, "Gone"]);
  return section("Changes", h("ul", { class: "timeline" }, entries.reverse().map(([at, words]) =>
    h("li", {}, h("time", { datetime: at }, onDay(at)), h("span", {}, words)))));
}

function variants(item) {
  if (!item.variants.length) return null;
  return section("Variants", table(["Colour", "Size", "Price", "Availability", "SKU"], item.variants.map((variant) =>
    h("tr", {}, [variant.color, variant.size, money(variant.price, variant.currency), AVAILABLE[variant.availability], variant.sku]
      .map((value) => h("td", { dir: "auto" }, value ?? "–"))))));
}

function links(item, linked, state, open) {
  const shown = linked.filter((other) => other.images.length);
  if (!shown.length) return null;
  const heading = { product: "Seen in posts", post: "Tagged here", creator: "Posts" }[item.kind];
  return section(heading, h("div", { class: "strip" }, shown.map((other) => {
    const next = { ...state, show: String(other.id) };
    return h("a", { href: href(next), "aria-label": title(other).slice(0, 120), onclick: (event) => open(next, event) },
      h("img", { src: other.images[0].thumbnail, alt: "", width: other.images[0].width, height: other.images[0].height, loading: "lazy" }));
  })));
}

function provenance(evidence) {
  if (!evidence.length) return null;
  return h("details", {}, h("summary", {}, `Where this was read (${evidence.length})`),
    table(["Field", "Value", "Syntax", "Path", "For and against"], evidence.map((entry) =>
      h("tr", { class: entry.is_chosen ? null : "lost" }, h("th", { scope: "row" }, entry.field),
        h("td", { dir: "auto", title: entry.raw }, entry.value, !entry.is_chosen && " (outvoted)"),
        h("td", {}, entry.syntax), h("td", { class: "path" }, entry.path), h("td", {}, entry.reason ?? "")))));
}
