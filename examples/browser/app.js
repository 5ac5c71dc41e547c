// `?api=` is for trying things out on one machine; anywhere else a link could say by it where passwords go.
const mine = ["localhost", "127.0.0.1"].includes(location.hostname) && new URLSearchParams(location.search).get("api");
const API = mine || "http://localhost:3000";
const [signIn, signOut, message] = ["sign-in", "sign-out", "message"].map((id) => document.getElementById(id));

// In memory alone, gone with the page. The refresh token is in a cookie that no script can read.
let accessToken;

const read = async (answer) => {
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer.status === 204 ? undefined : answer.json();
};
const post = (path, body) => fetch(`${API}/v1/auth/${path}`, {
  method: "POST",
  credentials: "include",
  keepalive: true, // a page that is left must not lose the cookie of the answer
  headers: { "x-gatepost-csrf": "1", ...(body && { "content-type": "application/json" }) },
  body: body && JSON.stringify(body),
});

// One tab at a time: they share the cookie, and each refresh replaces it. A 401 means that nobody is signed in.
const refresh = () => navigator.locks.request("gatepost-refresh", async () => {
  const answer = await post("refresh");
  return accessToken = answer.status === 401 ? undefined : (await read(answer)).access_token;
});
const get = async (path) => {
  const send = () => fetch(API + path, { headers: { authorization: `Bearer ${accessToken}` } });
  const answer = await send();
  return read(answer.status === 401 && await refresh() ? await send() : answer);
};

// Do something, then show who is signed in, or what went wrong.
const act = async (action) => {
  message.textContent = "";
  try {
    await action();
    const user = accessToken && await get("/v1/me");
    message.textContent = user ? `Signed in as ${user.name ?? user.email}.` : "";
  } catch (error) {
    message.textContent = error instanceof TypeError ? `No answer from ${API} to ${location.origin}.` : error.message;
  }
  [signIn.hidden, signOut.hidden] = [Boolean(accessToken), !accessToken];
  (accessToken ? signOut : signIn.email).focus();
};
signIn.addEventListener("submit", (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(signIn));
  act(async () => {
    accessToken = (await read(await post("login", { email, password, refresh_transport: "cookie" }))).access_token;
    signIn.reset();
  });
});
signOut.addEventListener("click", () => act(async () => {
  await read(await post("logout"));
  accessToken = undefined;
}));
act(refresh);
