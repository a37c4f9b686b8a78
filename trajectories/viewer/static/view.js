"use strict";
// Keys: j and k go to the next and the previous step. Everything works without this file but the live page.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /input|textarea|select/i.test(event.target.tagName)) return;
  if (event.key !== "j" && event.key !== "k") return;
  const steps = [...document.querySelectorAll(".step")];
  const here = steps.findIndex((step) => step === document.activeElement);
  const next = steps[Math.min(steps.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))];
  if (next) { next.focus(); next.scrollIntoView({ block: "start" }); }
});

const drop = document.getElementById("drop");
if (drop) {
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
  document.addEventListener("dragover", () => drop.classList.add("over"));
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    drop.elements.file.files = event.dataTransfer.files;
    drop.submit();
  });
}

const live = document.getElementById("live");
if (live) {
  const at = (id) => document.getElementById(id);
  const base = live.dataset.control;
  let stream = null;
  const token = () => sessionStorage.getItem("wavetank-token") || "";
  const notice = (text) => { at("notice").textContent = text; };
  const element = (name, text = "", more = {}) => Object.assign(document.createElement(name), { textContent: text }, more);
  // What could act on a page is written out, as the server does on its own pages.
  const visible = (text) => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (char) => char < " " ? String.fromCharCode(0x2400 + char.charCodeAt(0)) : `⟨U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
  const cut = (text, limit) => { const shown = visible(text); return shown.length > limit ? `${shown.slice(0, limit)}…` : shown; };
  async function ask(path, method = "GET", body = undefined) {
    const headers = { authorization: `Bearer ${token()}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const reply = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const value = reply.status === 204 ? null : await reply.json();
    if (!reply.ok) throw new Error(typeof value.detail === "string" ? value.detail : JSON.stringify(value));
    return value;
  }
  const fill = (select, values) => {
    const before = select.value;
    select.replaceChildren(...values.map((value) => new Option(visible(value), value)));
    if (values.includes(before)) select.value = before;
  };
  const path = (rest = "") => `/sessions/${encodeURIComponent(at("session").value)}${rest}`;
  const attempt = (work) => async (event) => { event?.preventDefault?.(); try { await work(event); } catch (error) { notice(visible(error.message)); } };

  function row(exchange) {
    const line = element("li");
    const answer = exchange.response.transport || exchange.response.status;
    const faults = (exchange.injected || []).map((each) => each.fault).join(" ");
    const fold = element("details");
    fold.append(element("summary", visible(`${exchange.seq + 1}. ${exchange.tool || exchange.operation || "(no operation)"} → ${answer}${faults ? ` [${faults}]` : ""}${exchange.effects.length ? " committed" : ""}`)));
    fold.append(element("pre", cut(JSON.stringify(exchange, null, 1), 20000), { tabIndex: 0 }));
    line.append(fold);
    for (const problem of exchange.problems || []) line.append(element("p", cut(`refused: ${problem.pointer || "/"}: ${problem.message}`, 400), { className: "refused" }));
    for (const effect of exchange.effects) line.append(element("p", cut(`${effect.kind} ${effect.collection}/${effect.id}`, 200), { className: "quiet" }));
    at("rows").prepend(line);
    if (at("rows").childElementCount > 500) at("rows").lastElementChild.remove();
  }
  async function follow() {
    stream?.abort();
    stream = new AbortController();
    at("rows").replaceChildren();
    const reply = await fetch(`${base}${path("/ledger/events")}`, { headers: { authorization: `Bearer ${token()}` }, signal: stream.signal });
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      const events = rest.split("\n\n");
      rest = events.pop();
      for (const text of events) {
        const data = text.split("\n").find((each) => each.startsWith("data: "));
        if (data) row(JSON.parse(data.slice(6)));
      }
      refresh().catch((error) => notice(visible(error.message)));
    }
  }
  function table(entities) {
    const all = Object.entries(entities);
    const columns = [...new Set(all.flatMap(([, fields]) => Object.keys(fields)))].slice(0, 12);
    const head = element("tr");
    head.append(element("th", "id"), ...columns.filter((name) => name !== "id").map((name) => element("th", visible(name))));
    const made = element("table");
    made.append(head, ...all.map(([id, fields]) => {
      const line = element("tr");
      const cells = columns.filter((name) => name !== "id").map((name) => fields[name]);
      line.append(element("td", visible(id)), ...cells.map((cell) => element("td", cell === undefined ? "–" : cut(typeof cell === "string" ? cell : JSON.stringify(cell), 80))));
      return line;
    }));
    return made;
  }
  async function refresh() {
    const view = await ask(path());
    const release = view.release || view.docs ? `, release ${view.release} answers, the agent reads ${view.docs}` : "";
    at("clock").textContent = `${view.clock.toFixed(1)} s on the clock, ${view.calls} calls${release}`;
    const places = await ask(path("/state"));
    fill(at("collection"), Object.keys(places));
    const name = at("collection").value;
    at("state").replaceChildren(...(name ? [table(await ask(path(`/state?limit=50&collection=${encodeURIComponent(name)}`)))] : []));
    const rules = await ask(path("/faults"));
    at("armed").replaceChildren(...rules.map((rule) => element("li", cut(Object.entries(rule).map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", "), 300))));
  }
  let tools = [];
  // What a reference names, or the one branch that is not null.
  function plain(part, root) {
    const name = part.$ref?.match(/^#\/\$defs\/(.+)$/)?.[1];
    if (name && root.$defs?.[name]) return plain({ ...root.$defs[name], description: part.description }, root);
    const branches = (part.anyOf || part.oneOf || []).filter((each) => each.type !== "null");
    return branches.length === 1 ? plain({ ...branches[0], description: part.description }, root) : part;
  }
  function field(name, part, required) {
    const label = element("label", visible(name) + (required ? " *" : ""));
    const kind = Array.isArray(part.type) ? part.type.find((each) => each !== "null") : part.type;
    const options = part.enum || (kind === "boolean" ? [true, false] : null);
    let made;
    if (options) {
      made = element("select");
      made.append(new Option("", ""), ...options.map((each) => new Option(visible(typeof each === "string" ? each : JSON.stringify(each)), JSON.stringify(each))));
    } else if (kind === "integer" || kind === "number") {
      made = element("input", "", { type: "number", step: kind === "integer" ? "1" : "any" });
    } else if (kind === "string") {
      made = element("input");
      made.dataset.text = "yes";
    } else {
      made = element("textarea", "", { rows: 2, placeholder: kind ? `${kind}, as JSON` : "JSON" });
      label.className = "wide";
    }
    Object.assign(made, { name, title: part.description || "", required });
    label.append(made);
    return label;
  }
  function form() {
    const tool = tools.find((each) => each.function.name === at("tool").value);
    const schema = tool?.function.parameters || {};
    at("about").textContent = cut(tool?.function.description || "", 300);
    at("fields").replaceChildren(...Object.entries(schema.properties || {}).map(([name, part]) => field(name, plain(part, schema), (schema.required || []).includes(name))));
  }
  async function offered() {
    tools = await ask(path("/tools"));
    fill(at("tool"), tools.map((each) => each.function.name));
    form();
    await refresh();
  }
  async function choose() {
    await offered();
    follow().catch((error) => { if (error.name !== "AbortError") notice(visible(error.message)); });
  }
  async function connect(wanted) {
    const sessions = await ask("/sessions");
    fill(at("session"), sessions.map((each) => each.id));
    if (wanted) at("session").value = wanted;
    at("connected").hidden = false;
    notice("");
    await choose();
  }
  const plan = (text) => text.trim().startsWith("{") ? JSON.parse(text) : text;
  const faults = (value, said) => async () => { await ask(path("/faults"), "PUT", { faults: value() }); notice(said); await refresh(); };
  const drift = (value, said) => async () => { await ask(path("/drift"), "PUT", { drift: value() }); notice(said); await offered(); };
  at("key").addEventListener("submit", attempt(async () => { sessionStorage.setItem("wavetank-token", at("token").value); await connect(); }));
  at("session").addEventListener("change", attempt(choose));
  at("collection").addEventListener("change", attempt(refresh));
  at("tool").addEventListener("change", form);
  at("reset").addEventListener("click", attempt(async () => { await ask(path("/reset"), "POST"); notice("Begun anew."); await choose(); }));
  at("fork").addEventListener("click", attempt(async () => { const made = await ask(path("/fork"), "POST"); await connect(made.id); notice(`This is the fork ${made.id}.`); }));
  at("timing").addEventListener("submit", attempt(async () => { await ask(path("/clock"), "POST", { seconds: Number(at("seconds").value) }); notice("The clock went on."); await refresh(); }));
  at("weather").addEventListener("submit", attempt(faults(() => plan(at("faults").value), "Armed.")));
  at("disarm").addEventListener("click", attempt(faults(() => null, "Disarmed.")));
  at("change").addEventListener("submit", attempt(drift(() => plan(at("drift").value), "The API has changed.")));
  at("original").addEventListener("click", attempt(drift(() => null, "The document itself answers.")));
  at("download").addEventListener("click", attempt(async () => {
    const text = JSON.stringify(await ask(path("/entities")), null, 1);
    const link = element("a", "", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "entities.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }));
  at("upload").addEventListener("change", attempt(async (event) => {
    const given = JSON.parse(await event.target.files[0].text());
    event.target.value = "";
    await ask(path("/entities"), "PUT", given);
    notice(`${given.length} entities are in.`);
    await refresh();
  }));
  at("caller").addEventListener("submit", attempt(async () => {
    const given = {};
    for (const each of at("fields").querySelectorAll("input, select, textarea")) {
      if (each.value !== "") given[each.name] = each.dataset.text ? each.value : JSON.parse(each.value);
    }
    const seen = await ask(path("/calls"), "POST", { tool: at("tool").value, arguments: given });
    at("reply").textContent = cut(seen.text, 20000);
  }));
  if (token()) attempt(() => connect())();
}
