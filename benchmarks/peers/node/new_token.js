// aws-jwt-verify, as its README shows for any issuer ("Verifying JWTs from any OIDC-compatible IDP"), its keys already there.
// Reads lines of tokens with a blank between them; answers with the processor's seconds that the verification of one takes.
import { JwtVerifier } from "aws-jwt-verify";
import { createInterface } from "node:readline";

const { ISSUER, AUDIENCE, JWKS } = process.env;
const verifier = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/.well-known/jwks.json` });
verifier.cacheJwks(JSON.parse(JWKS));

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const tokens = line.split(" ");
  const began = process.cpuUsage();
  for (const token of tokens) verifier.verifySync(token);
  const { user, system } = process.cpuUsage(began);
  console.log((user + system) / 1e6 / tokens.length);
}
