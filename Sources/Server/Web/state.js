// What is shown is what the address says: reload, Back and a shared link lead to the same page.

export const LISTS = ["kind", "retailer", "brand", "category", "currency", "creator", "colour", "looks_like"];
export const SINGLES = ["seen_since", "availability", "price_min", "price_max", "shot"];
const EXAMPLES = 12;
const SOURCES = ["item", "image", "url", "text", "picture"];

/** The state that an address describes; what it cannot mean is left out. */
export function read(search) {
  const query = new URLSearchParams(search);
  const filter = {};
  for (const name of LISTS) {
    const values = [...new Set(query.getAll(name).filter(Boolean))];
    if (values.length) filter[name] = values;
  }
  for (const name of SINGLES) if (query.get(name)) filter[name] = query.get(name);
  const name = SOURCES.find((source) => query.get(source));
  const variety = Number(query.get("variety"));
  const crop = (query.get("crop") ?? "").split(",").map(Number);
  return {
    source: name ? { kind: name, value: query.get(name) } : null,
    variety: variety >= 1 && variety <= 5 ? Math.round(variety) : 1,
    crop: crop.length === 4 && crop.every(Number.isFinite) ? crop : null,
    fold: query.get("fold") !== "0",
    perProduct: query.get("one_per") === "product",
    more: examples(query, "more"),
    less: examples(query, "less"),
    filter,
    show: /^\d+$/.test(query.get("show") ?? "") ? query.get("show") : null,
  };
}

/** Pictures that the hits shall look like too, or not. */
function examples(query, name) {
  return [...new Set(query.getAll(name))].filter((id) => /^\d+$/.test(id)).slice(0, EXAMPLES);
}

/** Puts a picture among the examples of one kind, or takes it out again. */
export function steer(state, name, id) {
  const other = name === "more" ? "less" : "more";
  const has = state[name].includes(id);
  return {
    ...state, show: null,
    [name]: has ? state[name].filter((one) => one !== id) : [...state[name], id].slice(-EXAMPLES),
    [other]: state[other].filter((one) => one !== id),
  };
}

/** The address of a state. */
export function href(state) {
  const query = new URLSearchParams();
  if (state.source) {
    query.set(state.source.kind, state.source.value);
    if (state.variety > 1) query.set("variety", state.variety);
    if (state.crop) query.set("crop", state.crop.map((number) => +number.toFixed(4)).join(","));
    if (!state.fold) query.set("fold", "0");
    else if (state.perProduct) query.set("one_per", "product");
    for (const name of ["more", "less"]) for (const id of state[name]) query.append(name, id);
  }
  for (const [name, value] of parameters(state.filter)) query.append(name, value);
  if (state.show) query.set("show", state.show);
  const text = query.toString();
  return text ? `/?${text}` : "/";
}

/** A filter as the interface's parameters. */
export function parameters(filter) {
  return Object.entries(filter).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
}

/** What has to be asked for: two states of one key have the same answer. */
export function key(state) {
  return href({ ...state, variety: 1, show: null });
}

/** Whether two states search by the same thing, if by different parts of it or with other filters. */
export function isSamePlace(one, other) {
  return one.source?.kind === other.source?.kind && one.source?.value === other.source?.value && one.fold === other.fold;
}

/** The start page of the same filters. */
export function fresh(state) {
  return { source: null, variety: 1, crop: null, fold: true, perProduct: false, more: [], less: [], filter: state.filter, show: null };
}

/** What looks like `source`, under the same filters. */
export function like(state, kind, value, fold = true) {
  return { ...fresh(state), source: { kind, value: String(value) }, fold, perProduct: fold && Boolean(state.source) && state.perProduct };
}
