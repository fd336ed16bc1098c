// When a session has ended while its page is open: says so, and keeps the page and what was typed in it as they are.
(() => {
  const ask = window.fetch;
  const say = () => {
    if (document.querySelector("#signed-out")) return;
    const line = document.createElement("p");
    line.id = "signed-out";
    line.setAttribute("role", "alert");
    const link = document.createElement("a");
    link.href = "/sign-in";
    link.target = "_blank";
    link.textContent = "Sign in again in a new tab";
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close";
    close.addEventListener("click", () => line.remove());
    line.append("You are signed out. ", link, ", then send again: nothing on this page is lost. ", close);
    document.body.prepend(line);
  };
  window.fetch = async (...given) => {
    const reply = await ask(...given);
    if (reply.status === 401) say();
    else if (reply.ok) document.querySelector("#signed-out")?.remove();
    return reply;
  };
})();
