// Passkeys: asks the browser to use or make one and posts its answer. Bound by data-passkey.
// The answer is spelled out by hand: some password managers' objects break at toJSON().

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

const read = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

function understand({ publicKey: asked }) {
  const publicKey = { ...asked, challenge: bytes(asked.challenge) };
  if (asked.allowCredentials) publicKey.allowCredentials = read(asked.allowCredentials);
  if (asked.user) {
    publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
    publicKey.excludeCredentials = read(asked.excludeCredentials);
    // Found by the browser at the next sign-in, without a name being typed.
    const resident = { residentKey: "required", requireResidentKey: true };
    publicKey.authenticatorSelection = { ...asked.authenticatorSelection, ...resident };
  }
  return { publicKey };
}

function spell({ id, rawId, type, response }, extensions) {
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) said[part] = text(response[part]);
  }
  return JSON.stringify({ id, rawId: text(rawId), type, response: said, clientExtensionResults: extensions });
}

async function perform(form) {
  const { passkey, ask } = form.dataset;
  const asked = ask
    ? (await (await fetch(ask, { headers: { Accept: "application/json" } })).json()).request_options
    : Object.values(JSON.parse(document.getElementById("js_data").textContent))[0];
  const made = await navigator.credentials[passkey](understand(asked));
  form.elements.credential.value = spell(made, made.getClientExtensionResults());
  form.submit();
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  const button = form.querySelector("[data-passkey-go]");
  const problem = form.querySelector("[data-passkey-problem]");
  button.hidden = !window.PublicKeyCredential;
  // Enter in a field of this form means the button.
  form.addEventListener("submit", (sending) => {
    sending.preventDefault();
    button.click();
  });
  button.addEventListener("click", () => {
    problem.hidden = true;
    button.setAttribute("aria-busy", "true");
    perform(form).catch(() => {
      problem.hidden = false;
      button.removeAttribute("aria-busy");
    });
  });
}
