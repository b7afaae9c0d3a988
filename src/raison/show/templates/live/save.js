// Views as files: the map and the tree as SVG and PNG, the map's numbers as CSV.

function download(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

const PAINTED = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-weight", "font-family",
  "text-anchor", "fill-opacity",
];

// A drawing of the page as a document of its own: what the style sheet says becomes attributes.
function standalone(drawing, width, height) {
  const copy = drawing.cloneNode(true);
  const from = [drawing, ...drawing.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((element, k) => {
    if (element.tagName === "title") return;
    const style = getComputedStyle(element);
    for (const property of PAINTED) {
      const value = style.getPropertyValue(property);
      if (value) to[k].setAttribute(property, value.replaceAll('"', "'"));
    }
    to[k].removeAttribute("class");
  });
  copy.setAttribute("xmlns", SVG_NAMESPACE);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const paper = getComputedStyle(document.body).backgroundColor;
  const box = (copy.getAttribute("viewBox") || `0 0 ${width} ${height}`).split(" ");
  copy.prepend(make("rect", { x: box[0], y: box[1], width: box[2], height: box[3], fill: paper }));
  return copy;
}

function textOf(drawing) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(drawing)}\n`;
}

function treeDrawing(tree) {
  const box = tree.drawing.viewBox.baseVal;
  return standalone(tree.drawing, box.width, box.height);
}

// The map as a drawing: cells of one colour that lie side by side are one rectangle.
function mapDrawing(map) {
  const { width, height } = map;
  const copy = standalone(map.axes, width, height);
  const { nx, ny } = map.found;
  const w = (width - MARGIN.left - MARGIN.right) / nx, h = (height - MARGIN.top - MARGIN.bottom) / ny;
  const cells = make("g", { "shape-rendering": "crispEdges" });
  for (let y = 0; y < ny; y++) {
    let start = 0, colour = String(map.paint(y * nx));
    for (let x = 1; x <= nx; x++) {
      const here = x < nx ? String(map.paint(y * nx + x)) : "";
      if (here === colour) continue;
      cells.append(make("rect", {
        x: (MARGIN.left + start * w).toFixed(2), y: (MARGIN.top + (ny - 1 - y) * h).toFixed(2),
        width: ((x - start) * w).toFixed(2), height: h.toFixed(2), fill: `rgb(${colour})`,
      }));
      start = x;
      colour = here;
    }
  }
  copy.append(cells, make("title", {}, map.canvas.getAttribute("aria-label")));
  return copy;
}

function saveImage(drawing, name) {
  const scale = 2;
  const width = Number(drawing.getAttribute("width")), height = Number(drawing.getAttribute("height"));
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = make("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(name, blob), "image/png");
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(textOf(drawing))}`;
}

// A text in a table that a spreadsheet does not take for a formula.
function cellOf(value) {
  const text = String(value);
  if (typeof value === "number") return text;
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function mapTable(map) {
  const { nx, ny, counts, failed, draws, sums } = map.found;
  const [x, y] = axisValues(map.axes_, nx, 0, ny);
  const rows = [[map.axes_[0].name, map.axes_[1].name, ...map.names(), "points that count", "points that fail", "points"]];
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const cell = j * nx + i;
      const values = map.names().map((_, k) => (counts[cell] > 0 ? sums[k * nx * ny + cell] / counts[cell] : ""));
      rows.push([x.values[i], y.values[j], ...values, counts[cell], failed[cell], draws]);
    }
  }
  return rows.map((row) => row.map(cellOf).join(",")).join("\r\n") + "\r\n";
}
