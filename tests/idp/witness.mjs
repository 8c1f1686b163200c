// A second OpenID provider, by other people: node witness.mjs PORT GATEWAY KEY-ID
// It shows its own pages to sign in and to agree; any login is somebody, with a number of his own.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, gateway, kid] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key] },
  cookies: { keys: ["for tests alone"] },
  clients: [
    {
      client_id: "helix8",
      client_secret: "known to both of them alone",
      redirect_uris: [`${gateway}/login/oidc/witness/callback`],
      post_logout_redirect_uris: [`${gateway}/login`],
      backchannel_logout_uri: `${gateway}/login/oidc/witness/logout`,
      backchannel_logout_session_required: true,
    },
  ],
  claims: { openid: ["sub", "employee", "name", "kind"] },
  features: { backchannelLogout: { enabled: true } },
  pkce: { required: () => true },
  // By itself it tells nobody at an address of this machine that somebody has signed out.
  fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, employee: id.toUpperCase(), name: "王五", kind: ["teacher"] }),
  }),
});

createServer(provider.callback()).listen(Number(port), "127.0.0.1");
