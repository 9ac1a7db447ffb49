// Asks a running endpoint with the npm clients of Perspective, changed in nothing but the base address.
//
//   node client.js <folder with node_modules> <base address> <key>
//
// Prints one JSON object: what each client gave back.
"use strict";
const path = require("path");
const [folder, base, key] = process.argv.slice(2);
const modules = path.join(folder, "node_modules");
const load = (...names) => require(path.join(modules, ...names));
const rude = "You are a stupid idiot and nobody likes you.";

async function conversationai() {
  const { Client } = load("@conversationai/perspectiveapi-js-client");
  const client = new Client(key);
  client.perspectiveApiUrl = `${base}/v1alpha1/comments:analyze?key=${key}`;
  return {
    rude: await client.getScores(rude, { attributes: ["TOXICITY", "INSULT"] }),
    refused: await client.getScores(rude, { attributes: ["SPAM"] }).catch((error) => String(error)),
  };
}

async function perspectiveApiClient() {
  const axios = load("perspective-api-client", "node_modules", "axios");
  axios.interceptors.request.use((config) => {
    config.url = config.url.replace("https://commentanalyzer.googleapis.com", base);
    return config;
  });
  const Perspective = load("perspective-api-client");
  const client = new Perspective({ apiKey: key });
  const wrong = new Perspective({ apiKey: "wrong" });
  return {
    rude: await client.analyze(rude, { attributes: ["toxicity", "threat"] }),
    empty: await client.analyze("", { validate: false }).catch((error) => error.response.data.error.details[0].errorType),
    wrong: await wrong.analyze(rude).catch((error) => error.message),
  };
}

Promise.all([conversationai(), perspectiveApiClient()])
  .then(([first, second]) => console.log(JSON.stringify({ conversationai: first, perspectiveApiClient: second })))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
