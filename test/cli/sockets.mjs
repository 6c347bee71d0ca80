/**
 * Preloaded into idp-fix by offline.test.ts: ends the process as soon as anything of the network is made, be it a socket, a
 * name to be looked up or a server, by whatever way. Node announces each to its hooks.
 */
import { createHook } from 'node:async_hooks';
import { writeSync } from 'node:fs';

const network = /^(?:TCP|UDP|TLS|HTTP|HTTPCLIENT|GETADDRINFO|GETNAMEINFO|QUERY|DNSCHANNEL|QUIC)/;

createHook({
  init(_id, type) {
    if (!network.test(type)) return;
    writeSync(2, `opened: ${type}\n`);
    process.exit(99);
  },
}).enable();
