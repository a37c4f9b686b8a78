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
    select.replaceChildren(...values.map((value) => new Option(value, value)));
    if (values.includes(before)) select.value = before;
  };
  const session = () => encodeURIComponent(at("session").value);
  const attempt = (work) => async (event) => { event?.preventDefault?.(); try { await work(); } catch (error) { notice(error.message); } };

  function row(exchange) {
    const line = document.createElement("li");
    const answer = exchange.response.transport || exchange.response.status;
    const faults = (exchange.injected || []).map((each) => each.fault).join(" ");
    line.textContent = `${exchange.tool || exchange.operation || "(no operation)"} → ${answer}${faults ? " [" + faults + "]" : ""}${exchange.effects.length ? " committed" : ""}`;
    for (const problem of exchange.problems || []) {
      const why = document.createElement("p");
      why.className = "refused";
      why.textContent = `${problem.pointer || "/"}: ${problem.message}`;
      line.append(why);
    }
    at("rows").prepend(line);
  }
  async function follow() {
    stream?.abort();
    stream = new AbortController();
    at("rows").replaceChildren();
    const reply = await fetch(`${base}/sessions/${session()}/ledger/events`, { headers: { authorization: `Bearer ${token()}` }, signal: stream.signal });
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
      refresh().catch((error) => notice(error.message));
    }
  }
  async function refresh() {
    const view = await ask(`/sessions/${session()}`);
    at("clock").textContent = `${view.clock.toFixed(1)} s on the clock, ${view.calls} calls`;
    const places = await ask(`/sessions/${session()}/state`);
    fill(at("collection"), Object.keys(places));
    const name = at("collection").value;
    at("state").textContent = name ? JSON.stringify(await ask(`/sessions/${session()}/state?limit=50&collection=${encodeURIComponent(name)}`), null, 1) : "";
  }
  let tools = [];
  function form() {
    const tool = tools.find((each) => each.function.name === at("tool").value);
    const schema = tool?.function.parameters || {};
    at("fields").replaceChildren(...Object.entries(schema.properties || {}).map(([name, part]) => {
      const label = document.createElement("label");
      const field = document.createElement("input");
      label.textContent = name + ((schema.required || []).includes(name) ? " *" : "");
      field.name = name; field.title = part.description || ""; field.placeholder = part.type || "JSON";
      field.dataset.text = part.type === "string" ? "yes" : "";
      label.append(field);
      return label;
    }));
  }
  async function choose() {
    tools = await ask(`/sessions/${session()}/tools`);
    fill(at("tool"), tools.map((each) => each.function.name));
    form();
    await refresh();
    follow().catch((error) => { if (error.name !== "AbortError") notice(error.message); });
  }
  async function connect() {
    const sessions = await ask("/sessions");
    fill(at("session"), sessions.map((each) => each.id));
    at("connected").hidden = false;
    notice("");
    await choose();
  }
  at("key").addEventListener("submit", attempt(async () => { sessionStorage.setItem("wavetank-token", at("token").value); await connect(); }));
  at("session").addEventListener("change", attempt(choose));
  at("collection").addEventListener("change", attempt(refresh));
  at("tool").addEventListener("change", form);
  at("advance").addEventListener("click", attempt(async () => { await ask(`/sessions/${session()}/clock`, "POST", { seconds: Number(at("seconds").value) }); await refresh(); }));
  at("arm").addEventListener("click", attempt(async () => { await ask(`/sessions/${session()}/faults`, "PUT", { faults: at("faults").value }); notice("Armed."); }));
  at("disarm").addEventListener("click", attempt(async () => { await ask(`/sessions/${session()}/faults`, "PUT", { faults: null }); notice("Disarmed."); }));
  at("caller").addEventListener("submit", attempt(async () => {
    const given = {};
    for (const field of at("fields").querySelectorAll("input")) {
      if (field.value !== "") given[field.name] = field.dataset.text ? field.value : JSON.parse(field.value);
    }
    const seen = await ask(`/sessions/${session()}/calls`, "POST", { tool: at("tool").value, arguments: given });
    at("reply").textContent = seen.text;
  }));
  if (token()) attempt(connect)();
}
