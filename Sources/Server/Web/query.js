// What is searched by: the picture with its box, the variety slider.

import { boxOutlines } from "./boxes.js";
import { count, h, icon } from "./dom.js";
import { CORNERS, between, cornerName, drag, lay, moved, resized, rounded } from "./region.js";

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
    }, CORNERS.map((corner) => h("button", {
      class: `grip ${corner}`, type: "button", dataset: { corner }, "aria-label": cornerName(corner),
    })));
    this.element = h("div", { class: "frame" }, h("img", { src: source, alt, draggable: "false" }), this.box);
    this.box.addEventListener("pointerdown", (event) => this.grab(event));
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  draw() {
    lay(this.box, this.crop);
    this.box.classList.toggle("whole", this.isWhole);
  }

  /** Takes over another box, unless one is being drawn. */
  set(crop) {
    if (this.isHeld) return;
    this.crop = crop ?? [0, 0, 1, 1];
    this.draw();
  }

  /** Shows what is seen in the picture. */
  outline(boxes) {
    this.element.querySelectorAll(".outline").forEach((outline) => outline.remove());
    this.box.before(...boxOutlines(boxes));
  }

  get isWhole() { return this.crop[2] > 0.995 && this.crop[3] > 0.995; }

  grab(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const { corner } = event.target.dataset;
    const start = [...this.crop];
    // Dragging inside a box that covers everything draws a new one.
    const draws = !corner && this.isWhole;
    this.isHeld = true;
    drag(this.box, this.element, event, (from, to, isFar) => {
      const by = [to[0] - from[0], to[1] - from[1]];
      if (draws) {
        if (isFar) this.crop = between(from, to, SMALLEST);
      } else {
        this.crop = corner ? resized(start, corner, by, SMALLEST) : moved(start, by);
      }
      this.draw();
    }, () => {
      this.isHeld = false;
      if (this.crop.some((number, i) => Math.abs(number - start[i]) > 0.002)) this.settle(0);
    });
  }

  key(event) {
    const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (event.key === "Escape" && !this.isWhole) {
      this.crop = [0, 0, 1, 1];
    } else if (by) {
      const { corner } = event.target.dataset;
      this.crop = corner ? resized(this.crop, corner, by, SMALLEST) : moved(this.crop, by);
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
      this.changed(this.isWhole ? null : rounded(this.crop));
    }, delay);
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

/** Why a level has few pictures or none. */
export function levelNote(level, indexed) {
  if (level.stride === 1) return null;
  return `This level shows every ${count(level.stride)}th picture by likeness, and the index has ${count(indexed)}.`;
}

export function button(label, name, onclick, primary) {
  return h("button", { class: primary ? "button primary" : "button", type: "button", onclick }, name && icon(name), label);
}
