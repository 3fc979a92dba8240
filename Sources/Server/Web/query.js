// What is searched by: the picture with its box, the variety slider.

import { count, h, icon } from "./dom.js";

const LEVELS = ["Closest", "Near", "Mixed", "Wide", "Widest"];
const SMALLEST = 0.08;
const STEP = 0.02;

/** A box on a picture, in fractions of its sides; moved and resized by pointer and by arrow keys. */
export class CropBox {
  /** `changed(crop)` is called when a change has come to rest; null is the whole picture. */
  constructor(source, alt, crop, changed) {
    this.changed = changed;
    this.crop = crop ?? [0, 0, 1, 1];
    this.box = h("div", {
      class: "crop", tabindex: "0", role: "group",
      "aria-label": "Part of the picture to search by. Arrow keys move it, its corners resize it, Escape takes the whole picture.",
    }, ["nw", "ne", "sw", "se"].map((corner) => h("button", {
      class: `grip ${corner}`, type: "button", dataset: { corner },
      "aria-label": `${{ n: "Upper", s: "Lower" }[corner[0]]} ${{ w: "left", e: "right" }[corner[1]]} corner`,
    })));
    this.element = h("div", { class: "frame" }, h("img", { src: source, alt, draggable: "false" }), this.box);
    this.box.addEventListener("pointerdown", (event) => this.grab(event));
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  draw() {
    const [x, y, w, h] = this.crop.map((number) => `${number * 100}%`);
    Object.assign(this.box.style, { left: x, top: y, width: w, height: h });
    this.box.classList.toggle("whole", this.isWhole);
  }

  /** Takes over another box, unless one is being drawn. */
  set(crop) {
    if (this.isHeld) return;
    this.crop = crop ?? [0, 0, 1, 1];
    this.draw();
  }

  get isWhole() { return this.crop[2] > 0.995 && this.crop[3] > 0.995; }

  grab(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const { corner } = event.target.dataset;
    const frame = this.element.getBoundingClientRect();
    const start = [...this.crop];
    // Dragging inside a box that covers everything draws a new one.
    const draws = !corner && this.isWhole;
    const from = [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
    this.box.setPointerCapture(event.pointerId);
    this.isHeld = true;
    const move = (event) => {
      const to = [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
      const by = [to[0] - from[0], to[1] - from[1]];
      if (draws) {
        if (Math.hypot(by[0] * frame.width, by[1] * frame.height) > 8) this.crop = CropBox.between(from, to);
      } else {
        this.crop = corner ? CropBox.resized(start, corner, by) : CropBox.moved(start, by);
      }
      this.draw();
    };
    const end = () => {
      this.isHeld = false;
      this.box.removeEventListener("pointermove", move);
      this.box.removeEventListener("pointerup", end);
      this.box.removeEventListener("pointercancel", end);
      if (this.crop.some((number, i) => Math.abs(number - start[i]) > 0.002)) this.settle(0);
    };
    this.box.addEventListener("pointermove", move);
    this.box.addEventListener("pointerup", end);
    this.box.addEventListener("pointercancel", end);
  }

  key(event) {
    const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (event.key === "Escape" && !this.isWhole) {
      this.crop = [0, 0, 1, 1];
    } else if (by) {
      const { corner } = event.target.dataset;
      this.crop = corner ? CropBox.resized(this.crop, corner, by) : CropBox.moved(this.crop, by);
    } else {
      return;
    }
    event.preventDefault();
    this.isHeld = true;
    this.draw();
    this.settle(500);
  }

  settle(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isHeld = false;
      this.changed(this.isWhole ? null : this.crop.map((number) => +number.toFixed(4)));
    }, delay);
  }

  static moved([x, y, w, h], [dx, dy]) {
    const within = (value, length) => Math.min(1 - length, Math.max(0, value));
    return [within(x + dx, w), within(y + dy, h), w, h];
  }

  static resized([x, y, w, h], corner, [dx, dy]) {
    const within = (value, low, high) => Math.min(high, Math.max(low, value));
    let [left, top, right, bottom] = [x, y, x + w, y + h];
    if (corner[1] === "w") left = within(left + dx, 0, right - SMALLEST);
    else right = within(right + dx, left + SMALLEST, 1);
    if (corner[0] === "n") top = within(top + dy, 0, bottom - SMALLEST);
    else bottom = within(bottom + dy, top + SMALLEST, 1);
    return [left, top, right - left, bottom - top];
  }

  static between(a, b) {
    const within = (value) => Math.min(1, Math.max(0, value));
    const [left, right] = [within(Math.min(a[0], b[0])), within(Math.max(a[0], b[0]))];
    const [top, bottom] = [within(Math.min(a[1], b[1])), within(Math.max(a[1], b[1]))];
    return CropBox.moved([left, top, Math.max(SMALLEST, right - left), Math.max(SMALLEST, bottom - top)], [0, 0]);
  }
}

/** The slider; `changed(level)` is called while it moves. */
export function varietySlider(level, changed) {
  const output = h("output", { for: "variety" }, LEVELS[level - 1]);
  const input = h("input", {
    id: "variety", type: "range", min: "1", max: "5", step: "1", value: level,
    "aria-valuetext": LEVELS[level - 1],
    oninput: () => {
      const level = Number(input.value);
      output.textContent = LEVELS[level - 1];
      input.setAttribute("aria-valuetext", LEVELS[level - 1]);
      changed(level);
    },
  });
  return h("div", { class: "variety" }, h("label", { for: "variety" }, "Variety", output), input,
    h("p", { class: "ends", "aria-hidden": "true" }, h("span", {}, "Look-alikes"), h("span", {}, "Surprises")));
}

/** The pictures that count beside the query, each to be taken away again; `changed(name, id)` does it. */
export function exampleList(query, changed) {
  const chips = ["more", "less"].flatMap((name) => query[name].map((image) => h("li", {}, h("button", {
    class: `example ${name}`, type: "button", title: "Take it away",
    "aria-label": `${name === "more" ? "More" : "Less"} like picture ${image.id}: take it away`,
    onclick: () => changed(name, String(image.id)),
  }, h("img", { src: image.thumbnail, alt: "", width: image.width, height: image.height }), icon(name === "more" ? "plus" : "minus")))));
  return chips.length > 0 && h("ul", { class: "examples", "aria-label": "Also counted" }, chips);
}

/** What is seen in the picture, each to be searched by; `changed(crop)` takes its box. */
export function boxList(boxes, crop, changed) {
  const buttons = (boxes ?? []).map((box, i) => {
    const place = [box.x, box.y, box.width, box.height].map((number) => +number.toFixed(4));
    return h("button", {
      id: `box-${i}`, class: "button", type: "button", "aria-pressed": String(String(crop) === String(place)),
      onclick: () => changed(String(crop) === String(place) ? null : place),
    }, box.name);
  });
  return buttons.length > 0 && h("div", { class: "row", role: "group", "aria-label": "Seen in the picture" }, buttons);
}

/** Why a level has few pictures or none. */
export function levelNote(level, indexed) {
  if (level.stride === 1) return null;
  return `This level shows every ${count(level.stride)}th picture by likeness, and the index has ${count(indexed)}.`;
}

export function button(label, name, onclick, primary) {
  return h("button", { class: primary ? "button primary" : "button", type: "button", onclick }, name && icon(name), label);
}
