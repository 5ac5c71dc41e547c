// fast-jwt, as its README shows for verification with a cache. Reads lines, each a token; verifies it once, and answers with the
// processor's seconds that one further verification takes.
import { createVerifier } from "fast-jwt";
import { createInterface } from "node:readline";

const ROUNDS = 2000;
const { ISSUER, AUDIENCE, PUBLIC_KEY } = process.env;
const verify = createVerifier({
  key: PUBLIC_KEY,
  algorithms: ["RS256"],
  allowedIss: ISSUER,
  allowedAud: AUDIENCE,
  cache: true,
});

console.log("ready");
for await (const token of createInterface({ input: process.stdin })) {
  verify(token);
  const began = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) verify(token);
  const { user, system } = process.cpuUsage(began);
  console.log((user + system) / 1e6 / ROUNDS);
}
