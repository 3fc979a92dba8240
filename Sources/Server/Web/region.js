// Rectangles in a picture, [x, y, width, height] in fractions of its sides: how they move and grow.

const within = (value, low, high) => Math.min(high, Math.max(low, value));

export function moved([x, y, w, h], [dx, dy]) {
  return [within(x + dx, 0, 1 - w), within(y + dy, 0, 1 - h), w, h];
}

/** With one corner, `nw` to `se`, elsewhere; no side becomes shorter than `smallest`. */
export function resized([x, y, w, h], corner, [dx, dy], smallest) {
  let [left, top, right, bottom] = [x, y, x + w, y + h];
  if (corner[1] === "w") left = within(left + dx, 0, right - smallest);
  else right = within(right + dx, left + smallest, 1);
  if (corner[0] === "n") top = within(top + dy, 0, bottom - smallest);
  else bottom = within(bottom + dy, top + smallest, 1);
  return [left, top, right - left, bottom - top];
}

/** The one with two points in opposite corners. */
export function between(a, b, smallest) {
  const [left, right] = [within(Math.min(a[0], b[0]), 0, 1), within(Math.max(a[0], b[0]), 0, 1)];
  const [top, bottom] = [within(Math.min(a[1], b[1]), 0, 1), within(Math.max(a[1], b[1]), 0, 1)];
  return moved([left, top, Math.max(smallest, right - left), Math.max(smallest, bottom - top)], [0, 0]);
}

export const rounded = (region) => region.map((number) => +number.toFixed(4));

/** Lays an element over a picture. */
export function lay(element, region) {
  const [left, top, width, height] = region.map((number) => `${number * 100}%`);
  Object.assign(element.style, { left, top, width, height });
}

/** The corners of a region to take hold of. */
export const CORNERS = ["nw", "ne", "sw", "se"];
export const cornerName = (corner) =>
  `${{ n: "Upper", s: "Lower" }[corner[0]]} ${{ w: "left", e: "right" }[corner[1]]} corner`;

/**
 * Follows a pointer from where it was pressed until it is let go: `move(from, to)` in fractions of the
 * frame, `end()` once.
 */
export function drag(element, frame, event, move, end) {
  const bounds = frame.getBoundingClientRect();
  const point = (event) => [(event.clientX - bounds.left) / bounds.width, (event.clientY - bounds.top) / bounds.height];
  const from = point(event);
  const far = (to) => Math.hypot((to[0] - from[0]) * bounds.width, (to[1] - from[1]) * bounds.height) > 8;
  element.setPointerCapture(event.pointerId);
  const moves = (event) => move(from, point(event), far(point(event)));
  const ends = () => {
    element.removeEventListener("pointermove", moves);
    element.removeEventListener("pointerup", ends);
    element.removeEventListener("pointercancel", ends);
    end();
  };
  element.addEventListener("pointermove", moves);
  element.addEventListener("pointerup", ends);
  element.addEventListener("pointercancel", ends);
}
