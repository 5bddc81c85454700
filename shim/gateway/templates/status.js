
"use strict";
const sorted = new Map();  // id of a part -> its table's column, and 1 or -1
const key = (row, column) => {
  const cell = row.cells[column], text = cell.textContent.trim();
  return cell.className.startsWith("number") ? Number(text) : cell.querySelector("time")?.dateTime ?? text.toLowerCase();
};
const sort = (part) => {
  if (!sorted.has(part.id)) return;
  const [column, way] = sorted.get(part.id);
  part.querySelectorAll("th").forEach((head, at) =>
    at === column ? head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending") : head.removeAttribute("aria-sort"));
  const body = part.querySelector("tbody");
  body?.append(...[...body.rows].sort((one, other) => {
    const [a, b] = [key(one, column), key(other, column)];
    return a < b ? -way : a > b ? way : 0;
  }));
};
const MOST = 40;  // rows of callers that are shown at first
const find = document.querySelector(".find"), [words, failing] = find.querySelectorAll("input");
const all = find.querySelector("button"), said = find.querySelector("[role=status]");
let whole = false;
const narrow = () => {
  const rows = [...document.querySelectorAll("#callers tbody tr")], wanted = words.value.trim().toLowerCase();
  const found = rows.filter((row) => row.textContent.toLowerCase().includes(wanted)
    && !(failing.checked && row.cells[2].textContent.trim() === "0"));
  const shown = new Set(whole ? found : found.slice(0, MOST));
  for (const row of rows) row.hidden = !shown.has(row);
  find.hidden = !rows.length;
  const text = `${shown.size} of ${rows.length} callers`;
  if (said.textContent !== text) said.textContent = text;
  all.hidden = shown.size === found.length;
};
words.addEventListener("input", narrow);
failing.addEventListener("change", narrow);
all.addEventListener("click", () => { whole = true; narrow(); });
narrow();
document.addEventListener("click", (event) => {
  const head = event.target.closest("th");
  if (!head) return;
  const part = head.closest("[id]"), way = head.getAttribute("aria-sort");
  const first = head.className === "number" || /^(Last|First)$/.test(head.textContent.trim()) ? -1 : 1;
  sorted.set(part.id, [head.cellIndex, way ? (way === "ascending" ? -1 : 1) : first]);
  sort(part);
  narrow();
});
setInterval(async () => {
  if (document.hidden || !getSelection().isCollapsed) return;
  try {
    const text = await (await fetch(".", { cache: "no-store" })).text();
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of page.querySelectorAll("[id]")) {
      const shown = document.getElementById(part.id);
      sort(part);
      if (!shown || shown.textContent === part.textContent) continue;
      const focused = [...shown.querySelectorAll("th button")].indexOf(document.activeElement);
      shown.replaceChildren(...part.childNodes);
      shown.querySelectorAll("th button")[focused]?.focus();
    }
    narrow();
  } catch {
    document.getElementById("made").textContent = "a while ago: the gateway does not answer";
  }
}, 5000);
