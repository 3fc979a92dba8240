// The boxes in a picture: shown, searched by, edited.

import { h, icon } from "./dom.js";
import { CORNERS, between, cornerName, drag, lay, moved, resized, rounded } from "./region.js";

const SMALLEST = 0.02;
const STEP = 0.01;
const MOST = 100;

const regionOf = (box) => [box.x, box.y, box.width, box.height];
const called = (box) => box.name || "Unnamed part";

/** What is seen in the picture, each to be searched by; `changed(crop)` takes its box. */
export function boxList(boxes, crop, changed) {
  const buttons = (boxes ?? []).map((box, i) => {
    const place = rounded(regionOf(box));
    const isChosen = String(crop) === String(place);
    return h("button", {
      id: `box-${i}`, class: "button", type: "button", "aria-pressed": String(isChosen), dir: "auto",
      onclick: () => changed(isChosen ? null : place),
    }, called(box));
  });
  return buttons.length > 0 && h("div", { class: "row", role: "group", "aria-label": "Seen in the picture" }, buttons);
}

/** The boxes as outlines over a picture; the list beside it says the same to those who do not see them. */
export function boxOutlines(boxes) {
  return (boxes ?? []).map((box) => {
    const outline = h("span", { class: "outline", "aria-hidden": "true" });
    lay(outline, regionOf(box));
    return outline;
  });
}

/**
 * Lets a person draw, move, name and take away the boxes of a picture.
 *
 * `frame` and `panel` are its elements. `save(boxes)` resolves when they are kept; `close()` is called to
 * end; `say(words)` tells what changed to those who do not see it.
 */
export class BoxEditor {
  constructor(image, alt, boxes, { save, close, say }) {
    this.boxes = boxes.map((box) => ({ id: box.id, name: box.name, region: regionOf(box) }));
    this.save = save;
    this.close = close;
    this.say = say;
    this.chosen = this.boxes[0] ?? null;
    this.frame = h("div", { class: "frame editing" }, h("img", { src: image.href, alt, draggable: "false" }));
    this.frame.style.setProperty("--ratio", image.width / image.height);
    this.frame.addEventListener("pointerdown", (event) => this.draw(event));
    this.frame.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
    this.names = h("datalist", { id: "box-names" });
    this.panel = h("form", { class: "ask boxes", "aria-label": "Boxes of the picture", onsubmit: (event) => this.submit(event) });
    this.show();
  }

  // MARK: Showing

  show() {
    this.frame.querySelectorAll(".part").forEach((part) => part.remove());
    for (const box of this.boxes) this.frame.append(this.part(box));
    this.showPanel();
    this.redraw();
  }

  part(box) {
    box.element = h("div", { class: "part", tabindex: "0", role: "group", "aria-roledescription": "box" },
      h("span", { class: "label", dir: "auto", "aria-hidden": "true" }),
      CORNERS.map((corner) => h("span", { class: `grip ${corner}`, "aria-hidden": "true", title: cornerName(corner), dataset: { corner } })));
    box.element.addEventListener("pointerdown", (event) => this.grab(box, event));
    box.element.addEventListener("focus", () => this.choose(box));
    box.element.addEventListener("keydown", (event) => this.key(box, event));
    return box.element;
  }

  redraw() {
    this.boxes.forEach((box, i) => {
      const [x, y, w, height] = box.region.map((number) => Math.round(100 * number));
      lay(box.element, box.region);
      box.element.classList.toggle("chosen", box === this.chosen);
      box.element.querySelector(".label").textContent = called(box);
      box.element.setAttribute("aria-label",
        `${called(box)}, ${i + 1} of ${this.boxes.length}: ${x} % from the left, ${y} % from the top, ${w} % wide, ${height} % high. `
        + "Arrow keys move it, with Shift they resize it, Delete takes it away.");
    });
    if (this.fields) this.fields.forEach((field, i) => { field.value = this.chosen ? (100 * this.chosen.region[i]).toFixed(1) : ""; });
  }

  showPanel() {
    const box = this.chosen;
    this.names.replaceChildren(...[...new Set(this.boxes.map((one) => one.name).filter(Boolean))].map((name) => h("option", { value: name })));
    this.fields = box && ["Left", "Top", "Width", "Height"].map((label, i) => h("input", {
      id: `box-side-${i}`, type: "number", min: i < 2 ? "0" : String(100 * SMALLEST), max: "100", step: "any", inputmode: "decimal", required: true,
      "aria-label": `${label}, per cent`, title: `${label}, per cent`, onchange: () => this.take(),
    }));
    this.panel.replaceChildren(
      h("div", {}, h("h2", { id: "boxes-title", tabindex: "-1" }, "Boxes"),
        h("p", { class: "sub" }, this.boxes.length
          ? "Drag a box or its corners; drag on the picture to draw another."
          : "There is no box. Drag on the picture to draw one.")),
      ...(box ? [
        h("label", { class: "named", for: "box-name" }, "What it shows",
          h("input", {
            id: "box-name", type: "text", maxlength: "100", value: box.name, list: "box-names", autocomplete: "off", dir: "auto",
            oninput: (event) => { box.name = event.target.value; this.redraw(); },
          })),
        this.names,
        h("div", { class: "sides", role: "group", "aria-label": "Where it is, per cent" }, this.fields.map((field, i) =>
          h("label", { for: field.id }, ["Left", "Top", "Width", "Height"][i], field))),
      ] : []),
      h("p", { class: "problem", role: "alert", id: "box-problem", hidden: true }),
      h("div", { class: "row" },
        h("button", { id: "box-save", class: "button primary", type: "submit" }, "Save"),
        h("button", { id: "box-add", class: "button", type: "button", disabled: this.boxes.length >= MOST, onclick: () => this.add([0.25, 0.25, 0.5, 0.5], true) }, icon("plus"), "Add a box"),
        box && h("button", { id: "box-remove", class: "button", type: "button", onclick: () => this.remove(box) }, icon("minus"), "Take it away"),
        h("button", { id: "box-cancel", class: "button", type: "button", onclick: () => this.close() }, "Cancel")));
    this.redraw();
  }

  choose(box) {
    if (this.chosen === box) return;
    this.chosen = box;
    this.showPanel();
  }

  // MARK: Changing

  add(region, takesFocus) {
    if (this.boxes.length >= MOST) return null;
    const box = { id: null, name: "", region };
    this.boxes.push(box);
    this.chosen = box;
    this.frame.append(this.part(box));
    this.showPanel();
    if (takesFocus) box.element.focus();
    this.say(`A box was added, ${this.boxes.length} in all`);
    return box;
  }

  remove(box) {
    const place = this.boxes.indexOf(box);
    this.boxes.splice(place, 1);
    box.element.remove();
    this.chosen = this.boxes[Math.min(place, this.boxes.length - 1)] ?? null;
    this.showPanel();
    (this.chosen?.element ?? this.panel.querySelector("#boxes-title")).focus();
    this.say(`${called(box)} was taken away, ${this.boxes.length} left`);
  }

  /** Takes over what the number fields say. */
  take() {
    const [x, y, w, height] = this.fields.map((field) => Number(field.value) / 100);
    if (![x, y, w, height].every(Number.isFinite)) return this.redraw();
    const side = (value) => Math.min(1, Math.max(SMALLEST, value));
    this.chosen.region = moved([x, y, side(w), side(height)], [0, 0]);
    this.redraw();
  }

  /** A box drawn from one corner to the other, where none is pressed. */
  draw(event) {
    if (event.button !== 0 || event.target.closest(".part")) return;
    event.preventDefault();
    let box = null;
    drag(this.frame, this.frame, event, (from, to, isFar) => {
      if (!box && isFar) box = this.add(between(from, to, SMALLEST), false);
      if (box) { box.region = between(from, to, SMALLEST); this.redraw(); }
    }, () => box?.element.focus());
  }

  grab(box, event) {
    if (event.button !== 0) return;
    event.preventDefault();
    box.element.focus();
    const { corner } = event.target.dataset;
    const start = box.region;
    drag(box.element, this.frame, event, (from, to) => {
      const by = [to[0] - from[0], to[1] - from[1]];
      box.region = corner ? resized(start, corner, by, SMALLEST) : moved(start, by);
      this.redraw();
    }, () => {});
  }

  key(box, event) {
    const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") this.remove(box);
    else if (by) {
      box.region = event.shiftKey ? resized(box.region, "se", by, SMALLEST) : moved(box.region, by);
      this.redraw();
    } else return;
    event.preventDefault();
  }

  // MARK: Keeping

  async submit(event) {
    event.preventDefault();
    const buttons = [...this.panel.querySelectorAll("button")];
    buttons.forEach((button) => { button.disabled = true; });
    try {
      await this.save(this.boxes.map(({ id, name, region: [x, y, width, height] }) => {
        const box = { x: Math.max(0, x), y: Math.max(0, y), width, height, name };
        return id === null ? box : { id, ...box };
      }));
    } catch (error) {
      const problem = this.panel.querySelector("#box-problem");
      problem.textContent = error.code === "changed_meanwhile"
        ? "Somebody else has changed these boxes meanwhile. Cancel, and edit them as they are now."
        : `${error.title ?? "They could not be kept"}. ${error.message}`;
      problem.hidden = false;
      buttons.forEach((button) => { button.disabled = false; });
    }
  }
}
