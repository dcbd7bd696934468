// Live conditions and automatic saving.  The page works without this file; nothing here knows a rule.
(() => {
  "use strict";
  document.documentElement.classList.add("script");
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  if (!location.hash && !document.querySelector("main [autofocus]")) document.getElementById("problems")?.focus();

  // Unsaved input is forgotten after the time that a session lasts at most, and when the user signs out.
  const LASTS = 12 * 60 * 60 * 1000;
  const forget = (ended) => {
    for (const name of ["localStorage", "sessionStorage"]) {
      try {
        const storage = window[name];
        const keys = Object.keys(storage).filter((key) => key.startsWith("unsaved:"));
        for (const key of keys) if (ended(JSON.parse(storage.getItem(key)))) storage.removeItem(key);
      } catch {
        // A browser that stores nothing has nothing to forget.
      }
    }
  };
  forget((kept) => Date.now() - kept.at > LASTS);
  document.addEventListener("submit", (event) => {
    const sender = event.submitter?.hasAttribute("formaction") ? event.submitter : event.target;
    if ("signsOut" in sender.dataset) forget(() => true);
  });
  // Not scrollIntoView: the Tab key would begin there, behind the link that skips to the content.
  const tabs = document.querySelector(".tabs"), tab = tabs?.querySelector("[aria-current]");
  if (tab) tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  if (matchMedia("(max-width: 60rem)").matches) document.querySelector(".steps")?.removeAttribute("open");
  if (matchMedia("(min-width: 60rem)").matches) for (const part of document.querySelectorAll("details.rows")) part.open = true;

  // A second click of a hurried hand would send a password that the first one has used up.  A click that waits for a save
  // under way was not sent yet.
  const sentOnce = new Set();
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.account") || event.defaultPrevented) return;
    if (sentOnce.has(event.target)) event.preventDefault();
    sentOnce.add(event.target);
  });
  addEventListener("pageshow", () => sentOnce.clear());

  // The way to the page works as well; the dialog only keeps somebody where they are.
  for (const link of document.querySelectorAll("[data-dialog]")) {
    const dialog = document.getElementById(link.dataset.dialog);
    link.addEventListener("click", (event) => {
      if (!dialog?.showModal) return;
      event.preventDefault();
      dialog.showModal();
    });
  }

  // In place of a person who copies digits the browser works for a moment; whoever likes copies all the same.
  const lookup = document.querySelector("form[data-work]");
  if (lookup && globalThis.crypto?.subtle && !lookup.querySelector("#captcha-error")) {
    const copied = lookup.querySelector(".copied");
    const note = document.createElement("p");
    const instead = document.createElement("button");
    let working = false;
    note.setAttribute("role", "status");
    instead.type = "button";
    instead.className = "quiet";
    instead.textContent = lookup.dataset.instead;
    copied.hidden = true;
    copied.after(note, instead);
    instead.addEventListener("click", () => {
      copied.hidden = false;
      note.remove();
      instead.remove();
      lookup.elements.captcha.focus();
    });
    const worked = async (challenge, bits) => {
      const text = new TextEncoder();
      for (let number = 0; ; number++) {
        const mixed = new DataView(await crypto.subtle.digest("SHA-256", text.encode(`${challenge}:${number}`)));
        if (mixed.getUint32(0) >>> (32 - bits) === 0) return number;
      }
    };
    lookup.addEventListener("submit", async (event) => {
      if (!copied.hidden || lookup.elements.work) return;
      event.preventDefault();
      if (working) return;
      working = true;
      note.textContent = lookup.dataset.working;
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = "work";
      input.value = await worked(lookup.elements.challenge.value, Number(lookup.dataset.work));
      lookup.append(input);
      lookup.submit();
    });
  }

  // Before the browser leaves a page that alone holds what the user typed, it asks.
  let alone = document.querySelector("[name=carried]") !== null;
  addEventListener("beforeunload", (event) => {
    if (alone) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches(".application, :has([name=carried])")) alone = false;
  });

  const form = document.querySelector("form.application, form.account:has(#fields)");
  if (!form) return;
  const saves = form.matches(".application");
  const fields = document.getElementById("fields");
  const status = document.getElementById("saved");
  let timer = 0;
  let running = false;
  let again = false;
  let swapNext = false;
  let waiting = null;

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
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("failed", Boolean(failed));
  };

  // Which sections are done, and which comes next.
  const progress = (done) => {
    const steps = document.querySelector(".steps");
    if (!steps) return;
    const items = [...steps.querySelectorAll("li")];
    for (const item of items) {
      const is = done.includes(item.querySelector("a").hash.slice(1));
      if (is === item.classList.contains("done")) continue;
      item.classList.toggle("done", is);
      item.querySelector(".hidden")?.remove();
      if (is) item.insertAdjacentHTML("beforeend", ' <span class="hidden"></span>');
      if (is) item.lastElementChild.textContent = `(${steps.dataset.done})`;
    }
    const next = items.findIndex((item) => !item.classList.contains("done"));
    const at = next < 0 ? items.length - 1 : next;
    const title = items[at].querySelector("a").textContent;
    const words = { "{number}": at + 1, "{count}": items.length, "{title}": title };
    steps.querySelector("summary").textContent = steps.dataset.now.replace(/\{\w+\}/g, (name) => words[name]);
  };

  const state = (control) => (control.matches("[type=checkbox], [type=radio]") ? control.checked : control.value);
  const controls = () => [...fields.querySelectorAll(":is(input, select, textarea)[id][name]:not([type=file])")];
  const snapshot = () => new Map(controls().map((control) => [control.id, state(control)]));

  // Makes what is in *old* like what is in *fresh*, and leaves in place what stays: a press that is under way, an open
  // list, a word half composed by an input method would be lost together with the control they belong to.
  const key = (node) => node.id || node.querySelector?.("[id]")?.id || "";
  const kin = (one, other) => one.nodeName === other.nodeName && one.type === other.type && key(one) === key(other);
  const drop = (from, until) => {
    while (from !== until) {
      const next = from.nextSibling;
      from.remove();
      from = next;
    }
  };
  const become = (old, fresh) => {
    let at = old.firstChild;
    for (const want of [...fresh.childNodes]) {
      let have = at;
      if (key(want)) while (have && !kin(have, want)) have = have.nextSibling;
      if (!have || !kin(have, want)) {
        old.insertBefore(want, at);
        continue;
      }
      drop(at, have);
      at = have.nextSibling;
      if (have.isEqualNode(want)) continue;
      if (have.nodeType !== Node.ELEMENT_NODE) {
        have.data = want.data;
        continue;
      }
      // Whether a part is folded is for whoever reads it.
      for (const name of have.getAttributeNames()) if (name !== "open" && !want.hasAttribute(name)) have.removeAttribute(name);
      for (const { name, value } of want.attributes) if (have.getAttribute(name) !== value) have.setAttribute(name, value);
      become(have, want);
    }
    drop(at, null);
  };

  const hasFiles = () => [...form.querySelectorAll("[type=file]")].some((input) => input.files.length);
  const set = (control, value) => {
    if (state(control) === value) return;
    if (control.matches("[type=checkbox], [type=radio]")) control.checked = value;
    else control.value = value;
  };
  // What the answer says, whatever somebody has made of it since.
  const told = (control) => {
    if (control.matches("[type=checkbox], [type=radio]")) return control.defaultChecked;
    if (control.options) return ([...control.options].find((option) => option.defaultSelected) ?? control.options[0])?.value ?? "";
    return control.defaultValue;
  };

  // What somebody typed while the answer was on its way is newer than the answer.
  const swap = (html, sent) => {
    const active = document.activeElement;
    const newer = new Map([...snapshot()].filter(([at, value]) => sent.get(at) !== value));
    const answer = document.createElement("template");
    answer.innerHTML = html;
    become(fields, answer.content);
    for (const control of controls()) set(control, newer.get(control.id) ?? told(control));
    if (active !== document.activeElement) document.getElementById(active.id)?.focus();
    return newer.size > 0;
  };

  // Input that could not be saved is stored for the visitor it belongs to, and offered back.  Without a session nothing tells
  // two visitors of one browser apart, so the input is stored for this tab alone.
  let owner = form.dataset.owner ?? "";
  const storage = () => (owner ? localStorage : sessionStorage);
  const place = () => `unsaved:${owner}:${location.pathname}`;
  // Answers that no page shows again are not stored either.
  const secrets = () => [...fields.querySelectorAll("[data-secret], [data-secret] *, [type=password]")].filter((part) => part.name);
  const titleOf = (control) => {
    const title = (control.closest("fieldset[data-secret]")?.querySelector("legend") ?? control.labels[0]).cloneNode(true);
    for (const mark of title.querySelectorAll(".star, .hidden")) mark.remove();
    return title.textContent.trim();
  };
  const store = (kept) => storage().setItem(place(), JSON.stringify(kept));
  const typedPairs = () => {
    const names = new Set(secrets().map((control) => control.name));
    return [...new FormData(form)].filter(
      ([name, value]) => typeof value === "string" && /^(page:|\/)/.test(name) && !names.has(name),
    );
  };
  const put = () => {
    const secret = secrets();
    const pairs = typedPairs();
    const typed = secret.filter((control) => control.type !== "hidden" && control.name.startsWith("/") && state(control));
    try {
      store({ at: Date.now(), pairs, left: [...new Set(typed.map(titleOf))] });
      alone = typed.length > 0;
    } catch {
      // The message that the page is not saved tells to keep it open.
    }
  };
  const restore = (kept) => {
    const { pairs } = kept;
    // What was typed into another page of rows is restored there, without another question.
    const pages = pairs.filter(([name, value]) => name.startsWith("page:") && (form.elements[name]?.value ?? value) !== value);
    if (pages.length && !kept.wanted) {
      store({ ...kept, wanted: true });
      const url = new URL(location.href);
      for (const [name, value] of pages) url.searchParams.set(name, value);
      location.assign(url.href);
      return;
    }
    const secret = new Set(secrets());
    for (const control of fields.querySelectorAll("[name^='/']:not([type=hidden], [type=file])")) {
      if (secret.has(control)) continue;
      const values = pairs.filter(([name]) => name === control.name).map(([, value]) => value);
      if (control.matches("[type=checkbox], [type=radio]")) control.checked = values.includes(control.value);
      else if (values.length) control.value = values.at(-1);
    }
    swapNext = true;
    send();
  };
  const offer = () => {
    const kept = saves ? JSON.parse(storage().getItem(place()) ?? "null") : null;
    if (!kept) return;
    // After signing in again, the page may show it already.
    if (!kept.left.length && JSON.stringify(kept.pairs) === JSON.stringify(typedPairs())) return storage().removeItem(place());
    const box = document.createElement("div");
    box.className = "notice";
    box.setAttribute("role", "status");
    const text = document.createElement("p");
    text.textContent = form.dataset.unsaved.replace("{time}", new Date(kept.at).toLocaleString("vi-VN"));
    const act = (words, what) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "ghost";
      button.textContent = words;
      button.addEventListener("click", () => {
        storage().removeItem(place());
        box.replaceChildren(...left);
        if (!left.length) box.remove();
        what();
      });
      return button;
    };
    const left = kept.left.length ? [document.createElement("p")] : [];
    for (const note of left) note.textContent = form.dataset.left.replace("{titles}", kept.left.join(", "));
    if (kept.wanted) {
      storage().removeItem(place());
      if (left.length) form.before(box);
      box.append(...left);
      return restore(kept);
    }
    box.append(text, ...left, act(form.dataset.restore, () => restore(kept)), " ", act(form.dataset.discard, () => box.remove()));
    form.before(box);
  };

  const send = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    const swaps = swapNext;
    swapNext = false;
    if (saves) say(form.dataset.saving);
    const body = new FormData(form);
    const sent = snapshot();
    for (const [name, value] of [...body.entries()]) if (value instanceof File) body.delete(name);
    body.set("do", "update");
    // A page that was refused goes on showing what is still wrong.
    const headers = { "X-Fragment": "1", ...(document.getElementById("problems") ? { "X-Problems": "1" } : {}) };
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers, credentials: "same-origin", signal: AbortSignal.timeout(20000) });
      if (answer.status === 401) throw new Error(form.dataset.ended);
      if (!answer.ok) throw new Error(form.dataset.failed);
      const draft = answer.headers.get("X-Draft");
      const version = answer.headers.get("X-Version");
      if (version) {
        // Files are not saved before they are sent.
        alone = hasFiles() || [...snapshot()].some(([at, value]) => sent.get(at) !== value);
        hidden("meta:version", version);
      }
      if (draft) {
        hidden("meta:draft", draft);
        const url = new URL(form.action);
        url.searchParams.set("draft", draft);
        form.action = url.href;
        // Whoever loads the page again sees the same rows.
        for (const page of fields.querySelectorAll("[name^='page:']")) if (page.value !== "0") url.searchParams.set(page.name, page.value);
        history.replaceState(null, "", url.pathname + url.search);
      }
      storage().removeItem(place());
      owner = answer.headers.get("X-Owner") ?? owner;
      progress((answer.headers.get("X-Done") || "").split(" "));
      const html = await answer.text();
      if (swaps && swap(html, sent)) again = true;
      if (saves) say(form.dataset.saved.replace("{time}", new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" })));
    } catch (error) {
      swapNext = swapNext || swaps;
      if (saves) say(error.message === form.dataset.ended ? error.message : form.dataset.failed, true);
      if (saves) put();
    } finally {
      running = false;
      if (waiting) {
        const button = waiting;
        waiting = null;
        form.requestSubmit(button);
      } else if (again) {
        again = false;
        send();
      }
    }
  };

  offer();
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[data-live]")) return;
    swapNext = true;
    clearTimeout(timer);
    send();
  });
  form.addEventListener("input", (event) => {
    if (event.target.matches("[type=search]")) {
      // What is looked for is found while somebody types.
      swapNext = true;
      clearTimeout(timer);
      timer = setTimeout(send, 300);
      return;
    }
    if (!saves) return;
    alone = true;
    clearTimeout(timer);
    timer = setTimeout(send, 1500);
  });
  // Enter in a line of text keeps what is there and shows what follows from it; it sends nobody to the top of the page.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("#fields input:not([type=file])")) return;
    event.preventDefault();
    swapNext = true;
    clearTimeout(timer);
    send();
  });
  // Files take a while on a slow line: how far they are is shown, and a line that breaks costs nothing.
  const upload = (button) => {
    const body = new FormData(form);
    if (button?.name) body.append(button.name, button.value);
    const box = document.createElement("p");
    const bar = document.createElement("progress");
    box.setAttribute("role", "status");
    bar.max = 1;
    bar.setAttribute("aria-label", form.dataset.uploading);
    box.append(`${form.dataset.uploading} `, bar);
    status.after(box);
    const buttons = [...form.querySelectorAll("button")].filter((one) => !one.disabled);
    for (const one of buttons) one.disabled = true;
    const sent = new XMLHttpRequest();
    sent.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    const failed = () => {
      box.remove();
      for (const one of buttons) one.disabled = false;
      say(form.dataset.failed, true);
      put();
    };
    sent.addEventListener("error", failed);
    sent.addEventListener("load", () => {
      if (sent.status >= 500) return failed();
      if (sent.status < 400) return location.assign(sent.responseURL);
      document.open();
      document.write(sent.responseText);
      document.close();
    });
    sent.open("POST", form.action);
    sent.send(body);
  };

  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (running) {
      // The version on this page is about to change; whoever sends the old one would be taken for a second window.
      event.preventDefault();
      waiting = event.submitter;
    } else if (saves && hasFiles()) {
      event.preventDefault();
      upload(event.submitter);
    }
  });
})();
