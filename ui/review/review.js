// The review desk in the browser: it asks Python for HTML, shows it, and sends what a reviewer decides. Runs once, as
// the body of a function of Gradio's HTML component, with `server`. Python parses and judges all that comes from here.

let listed = { settled: false, offset: 0 };
let line = 0; // the marked line of the queue
let active = null; // the sentence that a citation goes to

const queue = () => find(".review-board .queue");
const pane = () => find(".review-board .pane");

// ---- the queue

const lines = () => all(".queue .line");
const mark = (number, focus) => {
  const found = lines();
  if (!found.length) return;
  line = Math.max(0, Math.min(number, found.length - 1));
  found.forEach((each, at) => each.classList.toggle("is-here", at === line));
  found[line].scrollIntoView({ block: "nearest" });
  if (focus) found[line].focus({ preventScroll: true });
};

const list = async (sent, focus) => {
  listed = { ...listed, ...sent };
  const reply = await request("queue", listed);
  if (!reply) return put(queue(), '<p class="nothing padded">The queue cannot be shown.</p>');
  put(queue(), reply.html);
  mark(line, focus);
};

const tabs = (name) => all("#head [data-view]").forEach((tab) => tab.setAttribute("aria-current", tab.dataset.view === name ? "page" : "false"));

const open = async (turn) => {
  const reply = await request("turn", { turn });
  if (!reply) return;
  show(reply.html);
  history.replaceState(null, "", `#turn=${turn}`);
};

const show = (html) => {
  active = null;
  tabs("queue");
  put(pane(), html);
  pane().scrollTop = 0;
  find("h2", pane())?.focus({ preventScroll: true });
};

const agreement = async () => {
  const reply = await request("agreement", {});
  if (!reply) return;
  put(pane(), reply.html);
  tabs("agreement");
};

// ---- the right answer

// Inside of closed details nothing is decided by a key.
const form = () => find("form.decision:not(details:not([open]) *)");
const sentences = () => find(".sentences");
const choose = (sentence) => {
  active = sentence;
  all(".sentences > li").forEach((each) => each.classList.toggle("is-here", each === sentence));
};
const count = () => {
  const none = find("[data-none]");
  if (none) none.hidden = all(".sentences > li").length > 0;
  put(find(".check-result"), "");
};

const cite = (sentence, citation) => {
  const already = all("li", find(".cited", sentence)).some((each) => each.dataset.key === citation.key && each.dataset.quote === citation.quote);
  if (already) return;
  const item = build("li", { "data-key": citation.key, "data-quote": citation.quote });
  item.append(build("span", {}, `${citation.title}: “${citation.quote}”`));
  item.append(build("button", { type: "button", class: "act slight", "data-action": "drop", "aria-label": "Remove this citation" }, "✕"));
  find(".cited", sentence).append(item);
  count();
};

const add = (words, citations) => {
  const item = build("li");
  const box = build("textarea", { rows: "2", maxlength: "4000", "aria-label": "Sentence of the right answer" });
  box.value = words || "";
  const tools = build("div", { class: "row" });
  tools.append(build("button", { type: "button", class: "act slight", "data-action": "up", "aria-label": "Move this sentence up" }, "↑"));
  tools.append(build("button", { type: "button", class: "act slight", "data-action": "drop" }, "Remove"));
  item.append(box, build("ul", { class: "cited" }), tools);
  sentences().append(item);
  (citations || []).forEach((each) => cite(item, each));
  choose(item);
  count();
  return item;
};

const start = (claims) => {
  sentences().replaceChildren();
  claims.forEach((each) => add(each.text, each.citations));
  count();
};

const written = () =>
  all(".sentences > li").map((item) => ({
    text: find("textarea", item).value.trim(),
    citations: all(".cited li", item).map((each) => ({ key: each.dataset.key, quote: each.dataset.quote })),
  }));

const incomplete = () => (written().some((each) => !each.text) ? "A sentence is empty: write it, or remove it." : "");

const picked = (node) => {
  const passage = node.closest("[data-key]");
  return { key: passage.dataset.key, title: passage.dataset.title, quote: node.closest("[data-quote]").dataset.quote };
};

const look = async () => {
  const reply = await request("find", { words: form().words.value });
  put(find(".found-passages"), reply ? reply.html : '<p class="nothing">The index could not be searched.</p>');
};

const check = async () => {
  const wrong = incomplete();
  if (wrong) return say(wrong, true);
  put(find(".check-result"), '<p class="nothing">Checking…</p>');
  const reply = await request("check", { turn: find(".reviewed").dataset.turn, claims: written() });
  put(find(".check-result"), reply ? reply.html : "");
};

// ---- deciding

const radio = (name) => find(`input[name="${name}"]:checked`, form())?.value;
const pick = (name, value) => {
  const box = form() && find(`input[name="${name}"][value="${value}"]`, form());
  if (!box) return;
  box.checked = true;
  changed();
  box.focus();
};

const changed = () => {
  const wrong = radio("judged") === "incorrect";
  find('[data-if="incorrect"]', form()).hidden = !wrong;
  const writes = wrong && radio("right") === "answer";
  const editor = find('[data-if="answer"]', form());
  if (writes && editor.hidden && !editor.dataset.begun) {
    editor.dataset.begun = "yes";
    start(JSON.parse(form().dataset.claims));
    look();
  }
  editor.hidden = !writes;
};

const signature = () =>
  typed((inner) => {
    inner.user_name.value = find(".reviewed").dataset.user;
    return inner.password;
  });

let saving = false;
const save = async () => {
  const judged = radio("judged");
  if (saving || !form()) return;
  if (!judged) return say("Say first whether it is correct.", true);
  if (judged === "incorrect" && !radio("error")) return say("Say what was wrong: choose the error.", true);
  const right = judged === "incorrect" ? radio("right") : "";
  if (right === "answer" && (incomplete() || !written().length)) return say(incomplete() || "Write the right answer first.", true);
  const turn = find(".reviewed").dataset;
  const sent = { turn: turn.turn, place: Number(turn.place), judged, comment: form().comment.value };
  if (judged === "incorrect") sent.error = radio("error");
  if (right) sent.corrected = right === "answer" ? written() : [];
  saving = true;
  try {
    await send(sent, turn.dosing === "yes");
  } finally {
    saving = false;
  }
};

const send = async (sent, signs) => {
  const signed = signs ? await signature() : {};
  if (!signed) return;
  const reply = await request("decide", { ...sent, ...signed });
  if (!reply) return;
  if (reply.name === "sign") return send(sent, true);
  show(reply.html);
  await list({}, true);
  say(reply.said);
};

// ---- what is clicked and typed

const ACTIONS = {
  queue: (node) => ((line = 0), list({ settled: Boolean(node.dataset.settled), offset: 0 }, true)),
  page: (node) => ((line = 0), list({ offset: Number(node.dataset.offset) }, true)),
  view: (node) => (node.dataset.view === "agreement" ? agreement() : (tabs("queue"), put(pane(), '<p class="nothing padded">Choose a turn on the left.</p>'), list({}, true))),
  passage: (node) => {
    const place = find(`#${CSS.escape(node.dataset.to)}`);
    place?.scrollIntoView({ block: "center", behavior: "smooth" });
    place?.classList.add("is-lit");
    setTimeout(() => place?.classList.remove("is-lit"), 2500);
  },
  add: () => find("textarea", add("")).focus(),
  drop: (node) => {
    node.closest("li").remove();
    if (active && !active.isConnected) choose(find(".sentences > li"));
    count();
  },
  up: (node) => {
    const item = node.closest("li");
    if (item.previousElementSibling) item.previousElementSibling.before(item);
    count();
  },
  cite: (node) => (active ? cite(active, picked(node)) : add("", [picked(node)])),
  say: (node) => add(picked(node).quote, [picked(node)]),
  find: () => look(),
  check: () => check(),
  take: (node) => {
    pick("judged", "incorrect");
    pick("right", "answer");
    start(JSON.parse(node.dataset.claims));
    sentences().scrollIntoView({ block: "center" });
  },
  cancel: () => dialog().close(),
};

document.addEventListener("click", (event) => {
  const node = event.target.closest("[data-action]");
  if (node && ACTIONS[node.dataset.action]) return ACTIONS[node.dataset.action](node);
  const row = event.target.closest(".queue .line");
  if (row) {
    mark(lines().indexOf(row));
    open(row.dataset.turn);
  }
});

document.addEventListener("focusin", (event) => {
  const sentence = event.target.closest(".sentences > li");
  if (sentence) choose(sentence);
});

document.addEventListener("change", (event) => {
  if (event.target.closest("form.decision") && event.target.type === "radio") changed();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.decision")) return;
  event.preventDefault();
  save();
});

const KEYS = {
  j: () => mark(line + 1, true),
  k: () => mark(line - 1, true),
  Enter: () => lines()[line] && open(lines()[line].dataset.turn),
  c: () => pick("judged", "correct"),
  i: () => pick("judged", "incorrect"),
  "/": () => {
    if (!form()) return;
    pick("judged", "incorrect");
    pick("right", "answer");
    form().words.select();
    form().words.focus();
  },
};

document.addEventListener("keydown", (event) => {
  const node = event.target;
  if (dialog()?.open) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return save();
  }
  if (event.key === "Enter" && node.name === "words") {
    event.preventDefault();
    return look();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && node.matches("input, textarea")) return node.blur();
  if (node.matches('textarea, select, input:not([type="radio"])')) return;
  if (event.key === "Enter" && node.matches("button, a, summary, input")) return;
  if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

const wanted = new URLSearchParams(location.hash.slice(1)).get("turn");
list({}, !wanted);
if (wanted) open(wanted);
