// The certified oidc-provider, shaped like a Cognito user pool: its paths, its claims, PKCE
// demanded, one client with a secret. `node issuer.mjs PORT REDIRECT_URI`
import { createHash, randomBytes } from "node:crypto";
import { Provider } from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

// Whoever types a name at the login page is that person; "unchecked-…" has an unchecked address.
function claimsOf(name) {
  return {
    sub: createHash("sha256").update(name).digest("hex").slice(0, 32),
    email: `${name}@example.com`,
    email_verified: !name.startsWith("unchecked-"),
    name: name[0].toUpperCase() + name.slice(1),
    "cognito:groups": ["operators-admin"],
    token_use: "id",
  };
}

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "shop",
      client_secret: "the-shops-secret",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  pkce: { required: () => true },
  claims: {
    openid: ["sub", "cognito:groups", "token_use"],
    email: ["email", "email_verified"],
    profile: ["name"],
  },
  conformIdTokenClaims: false,
  findAccount: (_context, id) => ({ accountId: id, claims: () => claimsOf(id) }),
  // Cognito asks nobody for consent.
  loadExistingGrant: async (context) => {
    const grant = new context.oidc.provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
  routes: {
    authorization: "/oauth2/authorize",
    token: "/oauth2/token",
    userinfo: "/oauth2/userInfo",
    jwks: "/.well-known/jwks.json",
  },
  // Its own pages of these kinds fetch fonts from elsewhere.
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: [randomBytes(16).toString("hex")] },
});
provider.use(async (context, next) => {
  // Unlike Cognito's, it stays logged in, so that a test sees the way without a question.
  if (context.path === "/logout") return context.redirect(context.query.logout_uri);
  if (!context.path.startsWith("/interaction/")) return next();
  if (context.method === "GET") {
    context.type = "html";
    context.body = `<!doctype html><html lang="en"><title>Issuer</title>
      <link rel="icon" href="data:,"><form method="post" action="${context.path}">
      <label>Name <input name="login" required></label><button>Log in</button></form>`;
    return;
  }
  let body = "";
  for await (const part of context.req) body += part;
  const login = { accountId: new URLSearchParams(body).get("login") };
  context.respond = false;
  await provider.interactionFinished(context.req, context.res, { login });
});
provider.listen(Number(port), "127.0.0.1");
