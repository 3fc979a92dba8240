// The filters: what can be chosen, with how many items each choice would leave.

import { count, h, icon } from "./dom.js";
import { LISTS, SINGLES } from "./state.js";

const LEGENDS = { kind: "Kind", retailer: "Shop", brand: "Brand", category: "Category", creator: "Creator", colour: "Colour", looks_like: "Looks like" };
const NAMES = {
  product: "Products", post: "Posts", creator: "Creators", in_stock: "In stock", sold_out: "Sold out",
  product_shot: "On a plain ground", scene_shot: "In a scene",
  "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days",
};
const SHORT = 7;

/** What a value is called; nothing where it is called as it is. */
function words(name, value) {
  if (name === "colour") return value[0].toUpperCase() + value.slice(1);
  return name === "shot" ? NAMES[`${value}_shot`] : NAMES[value];
}

export class Filters {
  /** `changed(filter)` is called with every choice. */
  constructor(changed) {
    this.changed = changed;
    this.dialog = document.getElementById("filters");
    this.form = document.getElementById("filter-form");
    this.expanded = new Set();
    this.filter = {};
    this.facets = null;
    this.form.addEventListener("change", () => this.read());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.read(); });
    document.getElementById("filters-open").addEventListener("click", () => { this.dialog.close(); this.dialog.showModal(); });
    document.getElementById("filters-close").addEventListener("click", () => this.dialog.close());
    document.getElementById("filters-clear").addEventListener("click", () => this.changed({}));
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    // Beside the pictures where there is room, a sheet over them on a phone.
    const narrow = matchMedia("(max-width: 899px)");
    const place = () => { if (narrow.matches) this.dialog.close(); else { this.dialog.close(); this.dialog.show(); } };
    narrow.addEventListener("change", place);
    const focused = document.activeElement;
    place();
    if (focused instanceof HTMLElement && focused !== document.body) focused.focus(); else document.activeElement?.blur();
    this.dialog.addEventListener("close", () => { if (!narrow.matches) this.dialog.show(); });
  }

  show(filter, facets) {
    this.filter = filter;
    if (facets) this.facets = facets;
    const focused = this.form.contains(document.activeElement) ? document.activeElement.id : null;
    const data = this.facets ?? {};
    this.form.replaceChildren(...[
      this.list("kind", data.kind ?? ["product", "post", "creator"].map((value) => ({ value }))),
      this.seen(), this.choice("availability", "Availability", ["in_stock", "sold_out"]), this.price(data.currency ?? []),
      this.list("colour", data.colour ?? []), this.choice("shot", "Pictures", ["product", "scene"]),
      this.list("retailer", data.retailer ?? []), this.list("brand", data.brand ?? []),
      this.list("category", data.category ?? []), this.list("looks_like", data.looks_like ?? []),
      this.list("creator", data.creator ?? []),
    ].filter(Boolean));
    if (focused) document.getElementById(focused)?.focus();
    this.chips();
  }

  /** Several values of one field. */
  list(name, values) {
    const chosen = this.filter[name] ?? [];
    const missing = chosen.filter((value) => !values.some((one) => one.value === value));
    const all = [...values, ...missing.map((value) => ({ value, count: 0 }))];
    if (!all.length) return null;
    const isOpen = this.expanded.has(name);
    const shown = isOpen ? all : all.filter((one, i) => i < SHORT || chosen.includes(one.value));
    return h("fieldset", { class: "facet" }, h("legend", {}, LEGENDS[name]),
      h("div", { class: "options" }, shown.map((one) => this.option("checkbox", name, one, chosen.includes(one.value)))),
      all.length > SHORT && h("button", {
        class: "quiet", type: "button", id: `all-${name}`, "aria-expanded": String(isOpen),
        onclick: () => { if (isOpen) this.expanded.delete(name); else this.expanded.add(name); this.show(this.filter); },
      }, isOpen ? "Show fewer" : `Show all ${all.length}`));
  }

  option(type, name, { value, label, count: number }, isChecked) {
    const text = label ?? words(name, value) ?? value;
    return h("label", { class: "option" },
      h("input", { type, name, value, id: `f-${name}-${value}`, checked: isChecked }),
      name === "colour" && h("span", { class: "swatch", dataset: { colour: value } }),
      h("span", { class: "text", dir: "auto", title: text }, text),
      number !== undefined && h("small", {}, count(number), h("span", { class: "hidden" }, " items")));
  }

  seen() {
    const options = [["", "Any time"], ["24h"], ["7d"], ["30d"]];
    const known = options.some(([value]) => value === (this.filter.seen_since ?? ""));
    if (!known) options.push([this.filter.seen_since, `Since ${this.filter.seen_since}`]);
    return h("fieldset", { class: "facet" }, h("legend", {}, "First seen"),
      h("select", { name: "seen_since", id: "f-seen", "aria-label": "First seen" },
        options.map(([value, label]) => h("option", { value, selected: value === (this.filter.seen_since ?? "") }, label ?? NAMES[value]))));
  }

  /** One value of a field that has few. */
  choice(name, legend, values) {
    const counts = Object.fromEntries((this.facets?.[name] ?? []).map((one) => [one.value, one.count]));
    const chosen = this.filter[name] ?? "";
    if (!Object.keys(counts).length && !chosen) return null;
    return h("fieldset", { class: "facet" }, h("legend", {}, legend),
      h("div", { class: "options" }, [
        this.option("radio", name, { value: "", label: "All" }, !chosen),
        ...values.map((value) => this.option("radio", name, { value, label: words(name, value), count: counts[value] ?? 0 }, chosen === value)),
      ]));
  }

  price(currencies) {
    if (!currencies.length && !this.filter.currency) return null;
    const chosen = this.filter.currency?.[0] ?? "";
    const values = currencies.some((one) => one.value === chosen) || !chosen ? currencies : [...currencies, { value: chosen, count: 0 }];
    const bound = (name, label) => h("label", { class: "field" }, label,
      h("input", { type: "text", inputmode: "decimal", name, id: `f-${name}`, value: this.filter[name] ?? "", autocomplete: "off" }));
    return h("fieldset", { class: "facet" }, h("legend", {}, "Price"),
      h("select", { name: "currency", id: "f-currency", "aria-label": "Currency" },
        h("option", { value: "" }, "Any currency"),
        values.map((one) => h("option", { value: one.value, selected: one.value === chosen }, `${one.value} (${count(one.count)})`))),
      h("div", { class: "pair" }, bound("price_min", "From"), bound("price_max", "To")));
  }

  read() {
    const data = new FormData(this.form);
    const filter = {};
    for (const name of LISTS) {
      const values = data.getAll(name).filter(Boolean);
      if (values.length) filter[name] = values;
    }
    let isValid = true;
    for (const name of SINGLES) {
      let value = String(data.get(name) ?? "").trim();
      if (name.startsWith("price_") && value) {
        value = value.replace(",", ".");
        const input = this.form.elements[name];
        const isPrice = /^\d{1,12}(\.\d{1,4})?$/.test(value);
        input.setAttribute("aria-invalid", String(!isPrice));
        isValid &&= isPrice;
      }
      if (value) filter[name] = value;
    }
    if (isValid) this.changed(filter);
  }

  /** The filters in use, each with its way out. */
  chips() {
    const chips = Object.entries(this.filter).flatMap(([name, values]) => [values].flat().map((value) => ({ name, value })));
    const group = document.getElementById("chips");
    group.hidden = !chips.length;
    group.replaceChildren(...chips.map(({ name, value }) => h("button", {
      class: "chip", type: "button", "aria-label": `Remove the filter ${this.words(name, value)}`,
      onclick: () => this.remove(name, value),
    }, h("span", { dir: "auto" }, this.words(name, value)), icon("close"))));
    document.getElementById("filters-clear").hidden = !chips.length;
    document.getElementById("filters-count").textContent = chips.length ? `Filters (${chips.length})` : "Filters";
  }

  words(name, value) {
    if (name === "price_min") return `from ${value}`;
    if (name === "price_max") return `to ${value}`;
    const label = this.facets?.[name]?.find((one) => one.value === value)?.label;
    return label ?? words(name, value) ?? (name === "seen_since" ? `since ${value}` : value);
  }

  remove(name, value) {
    const filter = { ...this.filter };
    const rest = [filter[name]].flat().filter((one) => one !== value);
    if (LISTS.includes(name) && rest.length) filter[name] = rest;
    else delete filter[name];
    this.changed(filter);
  }
}
