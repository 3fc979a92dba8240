// Elements without markup in strings: what the catalog says is only ever text.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element; children that are no elements become text. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An SVG element. */
export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** One of the page's symbols, invisible to screen readers. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** An address that may stand in a link to the outside, or null: http and https only. */
export function outside(address) {
  try {
    const url = new URL(address);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that leaves the page. */
export function shopLink(address, label, properties) {
  const href = outside(address);
  return href && h("a", { href, target: "_blank", rel: "noopener noreferrer external nofollow", ...properties },
    label, icon("out"), h("span", { class: "hidden" }, " (opens the shop in a new tab)"));
}

const counts = new Intl.NumberFormat();
export const count = (number) => counts.format(number);

/** A price as the reader's language writes it; the decimal stays exact where the browser can. */
export function money(amount, currency) {
  if (amount === null || amount === undefined) return null;
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(amount);
  } catch {
    return `${amount} ${currency ?? ""}`.trim();
  }
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** How long ago, such as “2h ago”; a date where that is more than four weeks. */
export function ago(moment) {
  const seconds = (Date.now() - Date.parse(moment)) / 1000;
  if (seconds < 60) return "just now";
  for (const [unit, length, end] of [["minute", 60, 3600], ["hour", 3600, 86400], ["day", 86400, 2419200]]) {
    if (seconds < end) return relative.format(-Math.floor(seconds / length), unit);
  }
  return dates.format(new Date(moment));
}

export const onDay = (moment) => dates.format(new Date(moment));

/** A moment that stays true while the page is open. */
export function since(moment, prefix) {
  return h("time", { datetime: moment, title: moments.format(new Date(moment)), dataset: { ago: prefix } },
    `${prefix} ${ago(moment)}`);
}

export function refreshTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    time.textContent = `${time.dataset.ago} ${ago(time.dateTime)}`;
  }
}
