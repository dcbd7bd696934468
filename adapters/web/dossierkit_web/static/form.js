// Live conditions and automatic saving.  The page works without this file; nothing here knows a rule.
(() => {
  "use strict";
  document.documentElement.classList.add("script");
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  document.getElementById("problems")?.focus();
  if (matchMedia("(max-width: 60rem)").matches) document.querySelector(".steps")?.removeAttribute("open");

  const form = document.querySelector("form.application");
  if (!form) return;
  const fields = document.getElementById("fields");
  const status = document.getElementById("saved");
  let timer = 0;
  let running = false;
  let again = false;
  let swapNext = false;

  const hidden = (name, value) => {
    let input = form.querySelector(`input[name="${name}"]`);
    if (!input) {
      input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      form.prepend(input);
    }
    input.value = value;
  };

  const say = (text, failed) => {
    status.textContent = text;
    status.classList.toggle("failed", Boolean(failed));
  };

  const swap = (html) => {
    const active = document.activeElement;
    const id = active && fields.contains(active) ? active.id : "";
    const kept = [...fields.querySelectorAll("input[type=file]")].filter((input) => input.files.length);
    fields.innerHTML = html;
    for (const input of kept) document.getElementById(input.id)?.replaceWith(input);
    if (id) document.getElementById(id)?.focus();
  };

  const send = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    const swaps = swapNext;
    swapNext = false;
    say(form.dataset.saving);
    const body = new FormData(form);
    for (const [name, value] of [...body.entries()]) if (value instanceof File) body.delete(name);
    body.set("do", "update");
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const draft = answer.headers.get("X-Draft");
      if (draft) {
        hidden("meta:draft", draft);
        hidden("meta:version", answer.headers.get("X-Version"));
        const url = new URL(form.action);
        url.searchParams.set("draft", draft);
        form.action = url.href;
        history.replaceState(null, "", url.pathname + url.search);
      }
      const html = await answer.text();
      if (swaps && !again) swap(html);
      say(form.dataset.saved.replace("{time}", new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" })));
    } catch (error) {
      swapNext = swapNext || swaps;
      say(form.dataset.failed, true);
    } finally {
      running = false;
      if (again) {
        again = false;
        send();
      }
    }
  };

  form.addEventListener("change", (event) => {
    if (!event.target.matches("[data-live]")) return;
    swapNext = true;
    clearTimeout(timer);
    send();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(send, 1500);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
})();
