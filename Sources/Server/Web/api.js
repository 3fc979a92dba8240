// The interface behind the page: /openapi.json describes it.

import { parameters } from "./state.js";

/** An answer that is no answer, in the server's words (RFC 9457). */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title ?? "");
    this.code = problem.code ?? "unknown";
    this.title = problem.title ?? "That did not work";
  }
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ code: "unreachable", title: "The server does not answer" });
  }
  const type = response.headers.get("content-type") ?? "";
  const body = type.includes("json") ? await response.json() : null;
  if (!response.ok) throw new Problem(body ?? { title: `The server answered ${response.status}` });
  return body;
}

export const PAGE = 48;
const NAMED = ["item", "image"];

export function items(filter, cursor, signal) {
  const query = new URLSearchParams(parameters(filter));
  query.set("limit", PAGE);
  if (cursor) query.set("cursor", cursor);
  else query.set("facets", "1");
  return ask(`/v1/items?${query}`, { signal });
}

export async function facets(filter, signal) {
  const query = new URLSearchParams(parameters(filter));
  query.set("limit", 1);
  query.set("facets", "1");
  return (await ask(`/v1/items?${query}`, { signal })).facets;
}

export const item = (id, signal) => ask(`/v1/items/${id}`, { signal });
export const statistics = () => ask("/v1/stats");

/** The boxes in a picture of the catalog, or what the detector sees in one that was dropped here. */
export function boxes(image, picture, signal) {
  return picture
    ? ask("/v1/boxes", { method: "POST", headers: pictureHeaders(picture), body: picture, signal })
    : ask(`/v1/images/${image.id}/boxes`, { signal });
}

/** Lets these boxes stand in a picture, where its boxes are still of that revision. */
export function placeBoxes(image, boxes, revision) {
  return ask(`/v1/images/${image.id}/boxes`, {
    method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ boxes, revision }),
  });
}

const pictureHeaders = (picture) => ({ "Content-Type": picture.type.startsWith("image/") ? picture.type : "application/octet-stream" });

/**
 * All five levels at once, so that the slider waits for nothing. A further page names the answer whose
 * page it is.
 */
export function search(state, picture, page, signal) {
  const { kind, value } = state.source;
  const options = { k: PAGE, variety: "all", fold: state.fold };
  if (page) Object.assign(options, page);
  if (state.fold && state.perProduct) options.one_per = "product";
  if (state.crop) options.crop = state.crop.join(",");
  if (kind === "picture") {
    const query = new URLSearchParams([
      ...Object.entries(options), ...parameters({ more: state.more, less: state.less }), ...parameters(state.filter),
    ]);
    return ask(`/v1/search?${query}`, { method: "POST", headers: pictureHeaders(picture), body: picture, signal });
  }
  const body = { ...options, more: state.more, less: state.less, [kind]: NAMED.includes(kind) ? Number(value) : value, filter: state.filter };
  return ask("/v1/search", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
  });
}

/** What a person can do about a problem. */
export function advice(problem) {
  switch (problem.code) {
    case "unreachable": return "Is “vitrine serve” still running? Start it and try again.";
    case "model_not_ready": return "Searching by a new picture needs the model: “vitrine doctor” tells what is missing. Every picture in the catalog can be searched by without it.";
    case "no_text_model": return "A model that has one, such as CLIP, is put to use by “vitrine model use”. Or drop or paste a picture.";
    case "unknown_url": return "Only pictures and pages that were crawled are known, and this page fetches nothing from the network. Save the picture and drop it here instead.";
    case "unreadable_picture": return "JPEG, PNG, WebP, GIF and AVIF pictures can be read.";
    case "picture_too_large": case "body_too_large": return "Take a smaller copy of the picture.";
    case "unknown_item": case "unknown_image": return "The catalog may have been made anew since this link was written.";
    case "no_picture": return "This one has no picture that could be read.";
    case "rate_limited": case "busy": return "Wait a moment and try again.";
    case "catalog_not_ready": return "Then try again.";
    case "snapshot_gone": return "Load the page again to begin anew.";
    case "upload_gone": return "Choose the picture again.";
    default: return "Try again; the server’s log has more.";
  }
}
