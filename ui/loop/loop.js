// The loop in the browser: it asks Python for a quarter as HTML and shows it, again every few seconds while one runs,
// and sends signatures. Runs once, as the body of a function of Gradio's HTML component, with `server`.

const find = (selector, within) => (within || document).querySelector(selector);
const LOST = "The server does not answer. Is pharmassist still running? Nothing that was saved is lost.";
const EVERY = 5000; // milliseconds

let silence = null;
let next = null;

const say = (words, bad) => {
  const place = find("#say .say");
  if (!place) return;
  place.textContent = words || "";
  place.className = `say${bad ? " is-bad" : ""}`;
  place.hidden = !words;
  clearTimeout(silence);
  if (words && !bad) silence = setTimeout(() => (place.hidden = true), 9000);
};

const request = async (name, sent, quiet) => {
  if (!quiet) say("");
  try {
    const reply = await server[name](sent);
    if (!reply || typeof reply !== "object" || !("html" in reply)) {
      say(LOST, true);
      return null;
    }
    if (reply.error) say(reply.error, true);
    return reply.error ? null : reply;
  } catch (failure) {
    say(LOST, true);
    return null;
  }
};

const shown = () => find("#board .loop");

// What people opened or closed stays so when the page is drawn anew.
const put = (html) => {
  const place = find("#board .board");
  const opened = [...place.querySelectorAll("details")].map((each) => each.open);
  const scroll = place.scrollTop;
  const same = shown()?.dataset.quarter;
  place.innerHTML = html;
  if (same && same === shown()?.dataset.quarter) {
    [...place.querySelectorAll("details")].forEach((each, at) => at in opened && (each.open = opened[at]));
    place.scrollTop = scroll;
  }
  if (shown()) history.replaceState(null, "", `#quarter=${shown().dataset.quarter}`);
  clearTimeout(next);
  next = setTimeout(again, EVERY * (shown()?.dataset.runs === "yes" ? 1 : 6));
};

const show = async (quarter, quiet) => {
  const reply = await request("show", { quarter: quarter || "" }, quiet);
  if (reply) put(reply.html);
};

const again = () => (find("#ask dialog")?.open ? (next = setTimeout(again, EVERY)) : show(shown()?.dataset.quarter, true));

// ---- the dialog

const ask = (title, words, signs) =>
  new Promise((done) => {
    const box = find("#ask dialog");
    const form = find("form", box);
    form.reset();
    find("#ask-title", box).textContent = title;
    find("[data-words]", box).textContent = words;
    find('[data-part="sign"]', box).hidden = !signs;
    find('[data-part="why"]', box).hidden = signs;
    form.user_name.value = shown().dataset.user;
    form.password.required = signs;
    form.why.required = !signs;
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
    (signs ? form.password : form.why).focus();
  });

const send = async (name, sent) => {
  const reply = await request(name, sent);
  if (!reply) return;
  put(reply.html);
  say(reply.said);
};

const ACTIONS = {
  sign: async (node) => {
    const quarter = shown().dataset.quarter;
    const { step, hash, meaning } = node.dataset;
    const given = await ask(node.textContent, meaning, true);
    if (given) await send("sign", { quarter, step, hash, user_name: given.user_name, password: given.password });
  },
  reject: async () => {
    const quarter = shown().dataset.quarter;
    const given = await ask("Reject the candidate for good", "", false);
    if (given) await send("reject", { quarter, why: given.why });
  },
  cancel: () => find("#ask dialog").close(),
};

document.addEventListener("click", (event) => {
  const node = event.target.closest("[data-action]");
  if (node && ACTIONS[node.dataset.action]) ACTIONS[node.dataset.action](node);
});

document.addEventListener("change", (event) => {
  if (event.target.matches('.loop select[name="quarter"]')) show(event.target.value);
});

show(new URLSearchParams(location.hash.slice(1)).get("quarter"));
