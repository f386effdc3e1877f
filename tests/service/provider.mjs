// A real OpenID provider (oidc-provider, MIT) for tests: people, clients with and without keys, SMART's launch.
// node provider.mjs SETTINGS.json; npm's packages lie in the folder PACKAGES. Synthetic people.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const at = `${process.env.PACKAGES}/node_modules/oidc-provider/lib/index.js`;
const { default: Provider } = await import(pathToFileURL(at));
const settings = JSON.parse(readFileSync(process.argv[2]));

const ours = ["bedside.run", "bedside.review"];
const records = ["launch", "fhirUser", "patient/*.rs", "system/*.rs", "system/*.crus"];
const provider = new Provider(settings.issuer, {
  clients: settings.clients,
  cookies: { keys: ["a synthetic secret"] },
  claims: { openid: ["sub"], profile: ["name"], fhirUser: ["name", "fhirUser"] },
  conformIdTokenClaims: false,
  scopes: ["openid", "profile", ...ours, ...records],
  extraParams: ["launch", "aud"],
  clientAuthMethods: ["none", "private_key_jwt", "client_secret_basic"],
  enabledJWA: { clientAuthSigningAlgValues: ["RS384", "ES384"] },
  ttl: { AccessToken: settings.seconds, ClientCredentials: settings.seconds, IdToken: 600, Interaction: 600, Grant: 600, Session: 600 },
  findAccount: async (_, sub) => ({
    accountId: sub,
    claims: async () => ({ sub, name: `Dr ${sub} Synthetic`, fhirUser: `Practitioner/${sub}` }),
  }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "https://bedside.example",
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: [...ours, ...records].join(" "),
        audience: settings.audience,
        accessTokenFormat: "jwt",
        accessTokenTTL: settings.seconds,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
// The launch context: which patient the record has open (SMART App Launch 2.2, section 3.0.4).
provider.use(async (context, next) => {
  await next();
  if (context.path === "/token" && context.body?.scope?.split(" ").includes("launch")) context.body.patient = settings.patient;
});
provider.listen(new URL(settings.issuer).port, "127.0.0.1", () => console.log("ready"));
