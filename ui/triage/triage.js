// The board in the browser: it asks Python for HTML, shows it, and sends what people do. Runs once, as the body of a
// function of Gradio's HTML component, with `server`. Python parses and judges everything that comes from here.

const board = () => find("#board .board");

let shown = { view: "list" }; // what is on the page
let filters = {};
let line = 0; // the marked line of the worklist
let pendingKey = "";

// ---- the three views

const address = (words) => history.replaceState(null, "", `#${words}`);
const tabs = (name) =>
  all("#head [data-view]").forEach((tab) => tab.setAttribute("aria-current", tab.dataset.view === name ? "page" : "false"));

const list = async () => {
  const reply = await request("worklist", filters);
  if (!reply) return;
  shown = { view: "list" };
  tabs("list");
  put(board(), reply.html);
  address("list");
  mark(Math.min(line, lines().length - 1));
};

const openCase = async (name, part, keep) => {
  const reply = await request("case", { case: name, part: part || "events" });
  if (!reply) return;
  const scroll = keep && find(".parts") ? [find(".parts").scrollTop, find(".left").scrollTop] : [0, 0];
  shown = { view: "case", case: name, part: part || "events" };
  tabs("list");
  put(board(), reply.html);
  address(`case=${name}&part=${shown.part}`);
  if (find(".parts")) [find(".parts").scrollTop, find(".left").scrollTop] = scroll;
  lazy();
};

const signals = async (sent) => {
  shown = { view: "signals" };
  tabs("signals");
  address("signals");
  put(board(), '<p class="nothing padded">Counting…</p>');
  const reply = await request("signals", sent || {});
  if (shown.view === "signals") put(board(), reply ? reply.html : '<p class="nothing padded">The signals could not be shown.</p>');
};

const showPart = (name) => {
  all(".part").forEach((part) => (part.hidden = part.dataset.part !== name));
  all(".tab").forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.part === name)));
  shown.part = name;
  find(".parts").scrollTop = 0;
  address(`case=${shown.case}&part=${name}`);
  lazy();
};

// Parts that cost time are asked for when they are first looked at.
const lazy = async () => {
  const place = find(`.part[data-part="${shown.part}"] [data-lazy]`);
  if (!place || place.dataset.asked) return;
  place.dataset.asked = "yes";
  const form = find('form[data-form="check"]');
  const reply = await request("piece", { case: shown.case, name: place.dataset.lazy, market: form ? form.market.value : "" });
  if (place.isConnected) put(place, reply ? reply.html : '<p class="nothing">This could not be shown.</p>');
};

const again = () => (shown.view === "case" ? openCase(shown.case, shown.part, true) : list());

// ---- the worklist

const lines = () => all(".line");
const mark = (number) => {
  const found = lines();
  if (!found.length) return;
  line = Math.max(0, Math.min(number, found.length - 1));
  found.forEach((each, at) => each.classList.toggle("is-here", at === line));
  found[line].scrollIntoView({ block: "nearest" });
  found[line].focus({ preventScroll: true });
};
const chosen = () => all('input[name="case"]:checked');
const countChosen = () => {
  const place = find("[data-selected]");
  if (place) place.textContent = `${chosen().length} selected`;
};
const readFilters = (form, page) => {
  filters = { ...Object.fromEntries(new FormData(form)), page: page || 0 };
  line = 0;
  list();
};

// ---- source and fields

const spot = (path) => {
  const marks = all("mark[data-paths]");
  const hits = marks.filter((each) => each.dataset.paths.split(" ").some((one) => one === path || one.startsWith(`${path}.`)));
  marks.forEach((each) => each.classList.toggle("is-lit", hits.includes(each)));
  if (hits.length) hits[0].scrollIntoView({ block: "center", behavior: "smooth" });
};

const showField = (path) => {
  const place = all("[data-path]").find((each) => each.dataset.path === path || each.dataset.path.startsWith(`${path}.`));
  if (!place) return;
  const part = place.closest(".part");
  if (part && part.hidden) showPart(part.dataset.part);
  place.scrollIntoView({ block: "center" });
  place.classList.add("is-lit");
  setTimeout(() => place.classList.remove("is-lit"), 2500);
};

const input = (data) => {
  const choices = data.kind === "choice" ? ["", ...data.choices.split("|")] : data.kind === "yes or no" ? ["", "yes", "no"] : null;
  if (choices) {
    const select = build("select", { name: "typed", "aria-label": data.label });
    choices.forEach((each) => select.append(build("option", { value: each }, each || "not known")));
    select.value = data.raw;
    return select;
  }
  const made = build(data.kind === "long" ? "textarea" : "input", { name: "typed", placeholder: data.hint || "", "aria-label": data.label, maxlength: "20000" });
  if (data.kind === "long") made.rows = 5;
  made.value = data.raw;
  return made;
};

// Where a report can say why a field has no value: "CODE:words|CODE:words".
const whyEmpty = (data) => {
  if (!data.empty) return [];
  const select = build("select", { name: "empty", "aria-label": `Why there is no value: ${data.label}` });
  select.append(build("option", { value: "" }, "no reason given"));
  data.empty.split("|").forEach((each) => select.append(build("option", { value: each.split(":")[0] }, each.split(":")[1])));
  select.value = data.whyEmpty || "";
  return [select];
};

const edit = (field) => {
  if (field.querySelector("form")) return;
  const form = build("form", { class: "editor", "data-form": "do", "data-do": "set", "data-path": field.dataset.path });
  const box = input(field.dataset);
  form.append(box, ...whyEmpty(field.dataset));
  form.append(build("input", { name: "why", placeholder: "Why it is changed", maxlength: "500", required: "", "aria-label": "Reason" }));
  form.append(build("button", { class: "act primary-act", type: "submit" }, "Save"), build("button", { class: "act", type: "button", "data-action": "cancel" }, "Cancel"));
  field.append(form);
  field.classList.add("is-edited");
  box.focus();
};

// ---- doing something: perhaps a reason, perhaps a signature, then one call

const facts = (node) => {
  const given = { ...node.dataset };
  ["do", "action", "form", "ask", "title", "meaning", "change", "scale"].forEach((name) => delete given[name]);
  if (node.tagName === "FORM") Object.assign(given, Object.fromEntries(new FormData(node)));
  return given;
};

// The words of the dialog that a button asks for.
const asked = (node) =>
  typed((form, box) => {
    form.user_name.value = find("[data-user]")?.dataset.user || "";
    const signing = node.dataset.ask === "sign";
    find("h2", box).textContent = node.dataset.title || "Say why";
    all("[data-signing]", box).forEach((part) => (part.hidden = !signing));
    all("[data-signing] input", box).forEach((field) => (field.required = signing && field.name !== "password"));
    all("[data-meaning-of]", box).forEach((part) => (part.hidden = part.dataset.meaningOf !== node.dataset.meaning));
  });

const act = async (node) => {
  const given = facts(node);
  let more = { why: given.why || "" };
  if (["reason", "sign"].includes(node.dataset.ask)) {
    more = await asked(node);
    if (!more) return;
  }
  const page = find(".case");
  const { why, user_name, password } = more;
  delete given.why;
  delete given.case;
  delete given.version;
  const sent = { do: node.dataset.do, case: page.dataset.case, version: Number(page.dataset.version), why, user_name: user_name || "", password: password || "", given };
  const reply = await request("act", sent, true);
  if (!reply) return;
  await openCase(reply.name || shown.case, shown.part, true);
  say(reply.said);
};

// The reports, the order and the strata stand in the form above the table.
const counted = () => Object.fromEntries(new FormData(find('form[data-form="signals"]')));

const decide = async (node) => {
  const { product, event, to, n } = node.dataset;
  const more = node.dataset.ask === "none" ? { why: "" } : await asked(node);
  if (!more) return;
  const pair = { ...counted(), product, event };
  const reply = await request("decide", { ...pair, to, n: Number(n), why: more.why }, true);
  if (!reply) return;
  await signals(pair);
  say(reply.said);
};

const assign = async (owner, cases) => {
  if (!cases.length) return say("Select at least one case first.", true);
  const reply = await request("assign", { owner, cases });
  if (!reply) return;
  await again();
  say(reply.said);
};

// First the check of the whole file, then the dialog, then the signed export.
const together = async (form) => {
  const cases = chosen().map((each) => [each.value, Number(each.dataset.version)]);
  if (!cases.length) return say("Select at least one case first.", true);
  const sent = { cases, market: form.market.value };
  const checked = await request("check_together", sent);
  if (!checked) return;
  form.dataset.title = `Export ${cases.length} cases for ${form.market.value} in one file; each is signed`;
  const more = await asked(form);
  if (!more) return;
  const reply = await request("export_together", { ...sent, user_name: more.user_name, password: more.password }, true);
  if (!reply) return;
  await list();
  say(reply.said);
};

const download = (name, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch (refused) {
    say("The browser did not allow copying; select the text and copy it.", true);
  }
};

const base64 = async (file) => {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
};

const sendFile = async (call, file, more) => {
  say(`Reading ${file.name}…`);
  return request(call, { name: file.name, content: await base64(file), ...more });
};

const importFile = () => {
  const chooser = build("input", { type: "file", accept: ".txt,.csv,.pdf,.xml,.md" });
  chooser.onchange = async () => {
    if (!chooser.files.length) return;
    const reply = await sendFile("take_file", chooser.files[0], {});
    if (!reply) return;
    await list();
    say(reply.said);
  };
  chooser.click();
};

const ACTIONS = {
  open: (node) => openCase(node.dataset.case),
  back: () => list(),
  view: (node) => (node.dataset.view === "signals" ? signals() : list()),
  part: (node) => showPart(node.dataset.part),
  spot: (node) => spot(node.dataset.spot || node.closest("[data-path]").dataset.path),
  jump: (node) => find(`#${CSS.escape(node.dataset.to)}`)?.scrollIntoView({ block: "start" }),
  "show-field": (node) => showField(node.dataset.to),
  edit: (node) => edit(node.closest(".fact")),
  cancel: (node) => (node.closest(".dialog") ? dialog().close() : (node.closest(".fact").classList.remove("is-edited"), node.closest("form").remove())),
  do: (node) => act(node),
  page: (node) => ((filters.page = Number(node.dataset.page)), list()),
  "take-in": async () => (await request("take_in", {})) && list(),
  import: () => importFile(),
  listing: (node) => request("listing", { ...filters, kind: node.dataset.kind }),
  form: () => request("form", { case: shown.case }),
  "select-all": (node) => (all('input[name="case"]').forEach((each) => (each.checked = node.checked)), countChosen()),
  "copy-letter": () => copy(find(".letter").value),
  "save-letter": (node) => download(node.dataset.name, find(".letter").value),
  pair: (node) => signals({ ...counted(), product: node.dataset.product, event: node.dataset.event }),
  decide: (node) => decide(node),
};

document.addEventListener("click", (event) => {
  const node = event.target.closest("[data-action]");
  if (node && ACTIONS[node.dataset.action]) {
    if (node.tagName === "A") event.preventDefault();
    ACTIONS[node.dataset.action](node);
    return;
  }
  const words = event.target.closest("mark[data-paths]");
  if (words) return showField(words.dataset.paths.split(" ")[0]);
  const row = event.target.closest(".line");
  if (row && !event.target.closest("input")) openCase(row.dataset.case);
  else if (event.target.matches('input[name="case"]')) countChosen();
});

const FORMS = {
  filters: (form) => readFilters(form),
  assign: (form) => assign(form.owner.value, chosen().map((each) => each.value)),
  do: (form) => act(form),
  together: (form) => together(form),
  check: (form) => {
    const place = find('[data-lazy="check"]');
    delete place.dataset.asked;
    lazy(form);
  },
  codes: async (form) => {
    const reply = await request("codes", { case: shown.case, event: form.dataset.event, words: form.words.value });
    if (reply) put(find(`[data-codes="${CSS.escape(form.dataset.event)}"]`), reply.html);
  },
  acknowledge: async (form) => {
    const reply = await sendFile("acknowledge", form.file.files[0], { case: shown.case });
    if (!reply) return;
    await again();
    say(reply.said);
  },
  signals: (form) => signals(Object.fromEntries(new FormData(form))),
};

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-form]");
  if (!form) return;
  event.preventDefault();
  if (FORMS[form.dataset.form]) FORMS[form.dataset.form](form);
});

const CHANGES = {
  filters: (node) => readFilters(node.form),
  owner: (node) => assign(node.value, [shown.case]),
  check: (node) => FORMS.check(node.form),
  naranjo: (node) => {
    const points = (select) => Number(select.selectedOptions[0].dataset.points);
    node.closest("tr").querySelector("[data-points]:not(option)").textContent = points(node);
    const form = node.closest("form");
    const total = all('select[data-change="naranjo"]', form).reduce((sum, each) => sum + points(each), 0);
    form.querySelector("[data-score]").textContent = total;
    const steps = form.dataset.scale.split("|").map((step) => step.split(":"));
    form.querySelector("[data-score-words]").textContent = steps.find(([least]) => total >= Number(least))[1];
  },
};

document.addEventListener("change", (event) => {
  const node = event.target.closest("[data-change]");
  if (node && CHANGES[node.dataset.change]) CHANGES[node.dataset.change](node);
});

// ---- keys

const KEYS = {
  j: () => shown.view === "list" && mark(line + 1),
  k: () => shown.view === "list" && mark(line - 1),
  x: () => {
    const box = shown.view === "list" && lines()[line]?.querySelector('input[name="case"]');
    if (box) (box.checked = !box.checked), countChosen();
  },
  u: () => shown.view !== "list" && list(),
  r: () => again(),
  "/": () => find('.filters [name="text"]')?.focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || dialog()?.open) {
    if (event.key === "Escape" && typing) event.target.blur();
    return;
  }
  if (pendingKey === "g" && event.key === "s") signals();
  else if (pendingKey === "g" && event.key === "l") list();
  else if (event.key === "Enter" && shown.view === "list" && event.target.matches(".line, body")) lines()[line] && openCase(lines()[line].dataset.case);
  else if (/^[1-9]$/.test(event.key) && shown.view === "case") document.querySelectorAll(".tab")[Number(event.key) - 1]?.click();
  else if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
  pendingKey = event.key;
});

// ---- start: the address says what to show

const start = () => {
  if (!board() || !dialog()) return void setTimeout(start, 50);
  const wanted = new URLSearchParams(window.location.hash.slice(1));
  if (wanted.get("case")) openCase(wanted.get("case"), wanted.get("part"));
  else if (window.location.hash === "#signals") signals();
  else list();
};
start();
