// SPDX-License-Identifier: GPL-3.0-or-later
// node node_servers.js FILE: an https server for each entry of the JSON file; prints
// {name: port} once all of them listen.
"use strict";
const fs = require("fs");
const https = require("https");

const FILES = ["cert", "key", "ca", "crl"];
const entries = JSON.parse(fs.readFileSync(process.argv[2]));
const ports = {};

function options(entry) {
  const filled = { ...entry };
  for (const name of FILES) {
    if (entry[name]) {
      filled[name] = fs.readFileSync(entry[name]);
    } else {
      delete filled[name];
    }
  }
  return filled;
}

function answer(entry) {
  return (request, response) => {
    const refused = entry.judged && !request.socket.authorized;
    response.writeHead(refused ? 401 : 200, { "Content-Type": "text/plain" });
    response.end(refused ? "who are you?\n" : "welcome\n");
  };
}

for (const entry of entries) {
  const server = https.createServer(options(entry), answer(entry));
  server.on("clientError", (error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1", () => {
    ports[entry.name] = server.address().port;
    if (Object.keys(ports).length === entries.length) {
      console.log(JSON.stringify(ports));
    }
  });
}
