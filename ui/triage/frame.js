// What the pages of the desk, the review and the loop share in the browser. It comes before a page's own script, in the
// same function of Gradio's HTML component, with `server`.

const find = (selector, within) => (within || document).querySelector(selector);
const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
const LOST = "The server does not answer. Is pharmassist still running? Nothing that was saved is lost.";

let silence = null;

// Words that are no fault go away when they could be read.
const say = (words, bad) => {
  const place = find("#say .say");
  if (!place) return;
  place.textContent = words || "";
  place.className = `say${bad ? " is-bad" : ""}`;
  place.hidden = !words;
  clearTimeout(silence);
  if (words && !bad) silence = setTimeout(() => (place.hidden = true), 7000 + 60 * words.length);
};

// One call of Python: its reply, or null, and then the reason is on the page.
const request = async (name, sent, quiet) => {
  if (!quiet) say("");
  try {
    const reply = await server[name](sent);
    if (!reply || typeof reply !== "object" || !("html" in reply)) {
      say(LOST, true);
      return null;
    }
    if (reply.error) say(reply.error, true);
    else if (reply.said && !quiet) say(reply.said);
    return reply.error ? null : reply;
  } catch (failure) {
    say(LOST, true);
    return null;
  }
};

const put = (place, html) => {
  if (place) place.innerHTML = html;
};

const build = (name, attributes, words) => {
  const made = document.createElement(name);
  Object.entries(attributes || {}).forEach(([key, value]) => made.setAttribute(key, value));
  if (words) made.textContent = words;
  return made;
};

const dialog = () => find("#ask dialog");

// Show the dialog, which `prepare` fills and whose first field it may return; what was typed, or null where it was left.
const typed = (prepare) =>
  new Promise((done) => {
    const box = dialog();
    const form = find("form", box);
    form.reset();
    const first = prepare(form, box);
    const finish = (result) => {
      form.onsubmit = null;
      box.onclose = null;
      if (box.open) box.close();
      done(result);
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      finish(Object.fromEntries(new FormData(form)));
    };
    box.onclose = () => finish(null);
    box.showModal();
    first?.focus();
  });

