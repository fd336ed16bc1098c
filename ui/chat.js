// Everything that the page does without asking a question: citations, flags, copying, keys, focus.
// Runs once, as the body of a function of Gradio's HTML component, with `element`, `trigger`, `props` and `server`.
// It listens on the document, because the turns come and go. Events for Python: 'example', 'open', 'fresh', 'patient'.

const find = (selector) => document.querySelector(selector);
const LOST = "The server does not answer. Is pharmassist still running? Nothing on this page is lost.";

let opener = null; // what had the focus before the source panel opened
let shown = null; // the citation in the panel, so that a late reply for another one is dropped

const busy = () => Boolean(find("#live .is-live"));

// One call of a Python function; the reply's `error`, or that the server is gone, goes to `say`.
const request = async (name, sent, say) => {
  try {
    const reply = await server[name](sent);
    if (!reply || typeof reply !== "object" || reply.error || !("html" in reply)) {
      say((reply && reply.error) || LOST);
      return null;
    }
    return reply;
  } catch (failure) {
    say(LOST);
    return null;
  }
};

// ---- the source panel

const panel = () => find("#source-panel");
const notice = (words) => {
  const line = document.createElement("p");
  line.className = "notice";
  line.textContent = words;
  return line;
};

const citationOf = (button) => ({
  turn: button.dataset.turn,
  claim: Number(button.dataset.claim),
  citation: Number(button.dataset.citation),
});

const markOpenChip = (button) => {
  document.querySelectorAll('.chip[aria-expanded="true"]').forEach((chip) => chip.removeAttribute("aria-expanded"));
  if (button) button.setAttribute("aria-expanded", "true");
};

const openSource = async (button) => {
  const body = find("#source-panel .panel-body");
  const at = citationOf(button);
  const ticket = {};
  shown = ticket;
  opener = button;
  const say = (words) => shown === ticket && body.replaceChildren(notice(words));
  const reply = await request("source", at, say);
  if (shown !== ticket) return;
  panel().hidden = false;
  document.body.classList.add("has-panel");
  markOpenChip(button);
  if (reply) body.innerHTML = reply.html;
  body.scrollTop = 0;
  const title = body.querySelector("h2");
  if (title) title.focus({ preventScroll: true });
  const quote = body.querySelector(".quote");
  if (quote) quote.scrollIntoView({ block: "nearest" });
};

const closeSource = () => {
  if (!panel() || panel().hidden) return false;
  shown = null;
  panel().hidden = true;
  document.body.classList.remove("has-panel");
  markOpenChip(null);
  if (opener && opener.isConnected) opener.focus({ preventScroll: true });
  opener = null;
  return true;
};

const showContext = async (button, whole) => {
  const place = find("#source-panel .context");
  const first = find('#source-panel [data-action="context"]');
  if (!whole && first.getAttribute("aria-expanded") === "true") {
    place.replaceChildren();
    first.setAttribute("aria-expanded", "false");
    return;
  }
  const reply = await request("context", { ...citationOf(button), whole }, (words) => place.replaceChildren(notice(words)));
  if (!reply || !place.isConnected) return;
  place.innerHTML = reply.html;
  first.setAttribute("aria-expanded", "true");
  const text = place.querySelector(".document");
  const here = place.querySelector("mark") || place.querySelector(".here");
  if (text && here) text.scrollTop = here.offsetTop - text.clientHeight / 3;
  if (text) text.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
};

// ---- turns: copy, export, basis, flags

const turnOf = (node) => node.closest(".turn");
const sayIn = (turn) => (words) => {
  const place = turn.querySelector(".said");
  place.textContent = words;
  setTimeout(() => place.textContent === words && (place.textContent = ""), 6000);
};

const toClipboard = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (refused) {
    const area = document.createElement("textarea"); // pages on plain http off this machine have no clipboard API
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
};

const copyTurn = async (turn) => {
  const reply = await request("copy", { turn: turn.dataset.turn }, sayIn(turn));
  if (!reply) return;
  const done = await toClipboard(reply.text);
  sayIn(turn)(done ? "Copied with its citations." : "The browser did not allow copying.");
};

const exportConversation = async (turn) => {
  const conversation = turn.closest(".thread").dataset.conversation;
  const reply = await request("export", { conversation }, sayIn(turn));
  if (!reply) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([reply.text], { type: "text/markdown;charset=utf-8" }));
  link.download = reply.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  sayIn(turn)(`Saved as ${reply.name}.`);
};

const openBasis = (turn) => {
  const card = turn.querySelector(".basis");
  card.open = true;
  const place = card.querySelector(".withheld") || card;
  place.scrollIntoView({ block: "nearest" });
  card.querySelector("summary").focus({ preventScroll: true });
};

const toggleFlag = (turn) => {
  const form = turn.querySelector(".flag-form");
  form.hidden = !form.hidden;
  if (form.hidden) turn.querySelector('.actions [data-action="flag"]').focus();
  else form.querySelector("input").focus();
};

const saveFlag = async (form) => {
  const turn = turnOf(form);
  const problem = form.querySelector(".form-error");
  const kind = form.querySelector('[data-field="kind"]:checked');
  problem.textContent = kind ? "" : "Choose what is wrong first.";
  if (!kind) return;
  const field = (name) => form.querySelector(`[data-field="${name}"]`).value;
  const button = form.querySelector('[type="submit"]');
  button.disabled = true;
  const sent = { turn: form.dataset.turn, kind: kind.value, comment: field("comment"), corrected: field("corrected") };
  const reply = await request("flag", sent, (words) => (problem.textContent = `${words} Your flag is still here.`));
  button.disabled = false;
  if (!reply) return;
  const list = turn.querySelector(".flags");
  list.outerHTML = reply.html;
  form.reset();
  form.hidden = true;
  sayIn(turn)("Flag saved. Thank you.");
  turn.querySelector('.actions [data-action="flag"]').focus();
};

// ---- warnings that are overridden

const toggleOverride = (button) => {
  const form = button.closest(".warning").querySelector(".override-form");
  form.hidden = !form.hidden;
  if (!form.hidden) form.querySelector("textarea").focus();
  else form.closest(".warning").querySelector('[data-action="override"]').focus();
};

const saveOverride = async (form) => {
  const problem = form.querySelector(".form-error");
  const reason = form.querySelector('[data-field="reason"]').value;
  problem.textContent = reason.trim() ? "" : "Say why before the warning is overridden.";
  if (problem.textContent) return;
  const { turn, claim, rule, version } = form.dataset;
  const sent = { turn, claim: claim === "" ? null : Number(claim), rule, version, reason };
  const reply = await request("override", sent, (words) => (problem.textContent = `${words} Your reason is still here.`));
  if (!reply) return;
  form.closest(".warning").querySelector('[data-action="override"]').remove();
  form.outerHTML = reply.html;
};

// ---- the patient

const togglePatient = () => {
  const form = find("#patient .patient-form");
  form.hidden = !form.hidden;
  find('#patient [data-action="patient"]').setAttribute("aria-expanded", String(!form.hidden));
  if (form.hidden) find('#patient [data-action="patient"]').focus();
  else form.querySelector("input").focus();
};

const sendPatient = (form) => {
  const fields = [...form.querySelectorAll("[data-field]")];
  trigger("patient", { patient: Object.fromEntries(fields.map((field) => [field.dataset.field, field.value])) });
};

// ---- conversations

const showRail = (open) => {
  document.body.classList.toggle("has-rail", open);
  find(".rail-toggle").setAttribute("aria-expanded", String(open));
};

const leave = (event, data) => {
  if (busy()) return; // the rail is dimmed then; Stop is the way out
  closeSource();
  showRail(false);
  trigger(event, data);
};

const ACTIONS = {
  source: (button) => openSource(button),
  close: () => closeSource(),
  context: (button) => showContext(button, false),
  whole: (button) => showContext(button, true),
  copy: (button) => copyTurn(turnOf(button)),
  export: (button) => exportConversation(turnOf(button)),
  basis: (button) => openBasis(turnOf(button)),
  flag: (button) => toggleFlag(turnOf(button)),
  override: (button) => toggleOverride(button),
  patient: () => togglePatient(),
  "patient-clear": () => trigger("patient", { patient: {} }),
  rail: () => showRail(!document.body.classList.contains("has-rail")),
  new: () => {
    if (!busy()) history.replaceState(null, "", window.location.pathname + window.location.search);
    leave("fresh", {});
  },
  open: (button) => leave("open", { conversation: button.dataset.conversation }),
  example: (button) => !busy() && trigger("example", { question: button.textContent }),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button && ACTIONS[button.dataset.action]) ACTIONS[button.dataset.action](button);
  else if (document.body.classList.contains("has-rail") && !event.target.closest("#rail")) showRail(false);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const send = form.matches(".flag-form") ? saveFlag : form.matches(".override-form") ? saveOverride : null;
  if (!send && !form.matches(".patient-form")) return;
  event.preventDefault();
  (send || sendPatient)(form);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && document.body.classList.contains("has-rail")) showRail(false);
  else if (event.key === "Escape") closeSource();
  else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    find("#box textarea, #box input").focus();
  }
});

// ---- after Gradio has put new HTML into the page

// Gradio patches the thread in place and would close what the reader opened; these stay as they were.
const opened = new Set();
document.addEventListener(
  "toggle",
  (event) => {
    const key = event.target.dataset && event.target.dataset.keep;
    if (key) opened[event.target.open ? "add" : "delete"](key);
  },
  true,
);

const settle = () => {
  document.querySelectorAll("[data-keep]").forEach((card) => {
    if (opened.has(card.dataset.keep) && !card.open) card.open = true;
  });
  const thread = find("#thread .thread");
  // An empty page leaves the address alone: Gradio may not have read yet which conversation it asks for.
  const conversation = thread && thread.dataset.conversation;
  if (conversation && window.location.hash.slice(1) !== conversation) history.replaceState(null, "", `#${conversation}`);
};

const atTop = (turn) => turn && turn.scrollIntoView({ block: "start", behavior: "auto" });
let turns = 0;
let wasBusy = false;

const follow = () => {
  settle();
  const all = document.querySelectorAll("#thread .turn");
  if (busy() && !wasBusy) atTop(find("#live .turn"));
  else if (all.length !== turns) atTop(all[all.length - 1]);
  turns = all.length;
  wasBusy = busy();
};

const watcher = new MutationObserver(follow);
const start = () => {
  const places = ["#thread", "#live"].map(find);
  if (places.some((place) => !place)) return void setTimeout(start, 50);
  places.forEach((place) => watcher.observe(place, { childList: true, subtree: true }));
  follow();
};
start();
