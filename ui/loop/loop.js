// The loop in the browser: it asks Python for a quarter as HTML and shows it, again every few seconds while one runs,
// and sends signatures. Runs once, as the body of a function of Gradio's HTML component, with `server`.

const EVERY = 5000; // milliseconds

let next = null;

const shown = () => find("#board .loop");

// What people opened or closed stays so when the page is drawn anew.
const draw = (html) => {
  const place = find("#board .board");
  const opened = all("details", place).map((each) => each.open);
  const scroll = place.scrollTop;
  const same = shown()?.dataset.quarter;
  put(place, html);
  if (same && same === shown()?.dataset.quarter) {
    all("details", place).forEach((each, at) => at in opened && (each.open = opened[at]));
    place.scrollTop = scroll;
  }
  if (shown()) history.replaceState(null, "", `#quarter=${shown().dataset.quarter}`);
  clearTimeout(next);
  next = setTimeout(again, EVERY * (shown()?.dataset.runs === "yes" ? 1 : 6));
};

const show = async (quarter, quiet) => {
  const reply = await request("show", { quarter: quarter || "" }, quiet);
  if (reply) draw(reply.html);
};

const again = () => (dialog()?.open ? (next = setTimeout(again, EVERY)) : show(shown()?.dataset.quarter, true));

// ---- the dialog

const ask = (title, words, signs) =>
  typed((form, box) => {
    find("#ask-title", box).textContent = title;
    find("[data-words]", box).textContent = words;
    find('[data-part="sign"]', box).hidden = !signs;
    find('[data-part="why"]', box).hidden = signs;
    form.user_name.value = shown().dataset.user;
    form.password.required = signs;
    form.why.required = !signs;
    return signs ? form.password : form.why;
  });

const send = async (name, sent) => {
  const reply = await request(name, sent);
  if (!reply) return;
  draw(reply.html);
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
  cancel: () => dialog().close(),
};

document.addEventListener("click", (event) => {
  const node = event.target.closest("[data-action]");
  if (node && ACTIONS[node.dataset.action]) ACTIONS[node.dataset.action](node);
});

document.addEventListener("change", (event) => {
  if (event.target.matches('.loop select[name="quarter"]')) show(event.target.value);
});

show(new URLSearchParams(location.hash.slice(1)).get("quarter"));
