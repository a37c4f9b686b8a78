// The field "Find an operation" hides the rows that do not have all its words.
const field = document.getElementById("find");
const rows = [...document.querySelectorAll(".operations li")].map((row) => [row, row.textContent.toLowerCase()]);
const find = () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const [row, text] of rows) {
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  document.getElementById("none").hidden = shown > 0;
};
field.addEventListener("input", find);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) { event.preventDefault(); field.focus(); }
});
find();
