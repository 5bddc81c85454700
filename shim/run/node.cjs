'use strict';
// Leads connections to Atlas' host to the gateway of this run: fetch, undici, axios, got and https all connect here.
const tls = require('node:tls');
const connect = tls.connect;
tls.connect = function (...given) {
  const options = typeof given[0] === 'object' && given[0] ? given[0] : null;
  const host = options && String(options.servername || options.host || options.hostname || '').toLowerCase();
  if (options && !options.socket && host === '@HOST@' && [443, '443', undefined, null, ''].includes(options.port)) {
    given[0] = { ...options, host: '127.0.0.1', hostname: '127.0.0.1', port: @PORT@, servername: host, lookup: undefined };
  }
  return connect.apply(this, given);
};
