'use strict';
// Sends connections for Atlas's host to the gateway of this run. Its proxies are for other programs: this process sees the
// original ones, and its children see the run's.
(function (host, name, port, proxies) {
  if (process.versions.deno || process.versions.bun) return; // they read the variables
  const tls = require('tls'), processes = require('child_process'), connect = tls.connect;
  tls.connect = function (...given) {
    const options = typeof given[0] === 'object' && given[0] ? given[0] : null;
    const wanted = options && String(options.servername || options.host || options.hostname || '').toLowerCase();
    if (options && !options.socket && wanted === host && [443, '443', undefined, null, ''].includes(options.port)) {
      given[0] = Object.assign({}, options, { host: '127.0.0.1', hostname: '127.0.0.1', port, servername: name, lookup: undefined });
    }
    return connect.apply(this, given);
  };
  const ours = Object.keys(proxies).filter((name) => process.env[name] === proxies[name][0]);
  for (const name of ours) if (proxies[name][1] === null) delete process.env[name]; else process.env[name] = proxies[name][1];
  const forChild = (env) => {
    const given = Object.assign({}, env || process.env);
    for (const name of ours) if (given.NODE_OPTIONS && given[name] === process.env[name]) given[name] = proxies[name][0];
    return given;
  };
  const spawn = processes.ChildProcess.prototype.spawn;
  processes.ChildProcess.prototype.spawn = function (options) {
    const env = {};
    for (const pair of options.envPairs || []) env[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
    const led = forChild(env);
    return spawn.call(this, Object.assign({}, options, { envPairs: Object.keys(led).map((name) => `${name}=${led[name]}`) }));
  };
  for (const method of ['spawnSync', 'execSync', 'execFileSync']) {
    const original = processes[method];
    processes[method] = function (file, args, options) {
      const last = method === 'execSync' || !Array.isArray(args) ? (options || args) : options;
      const led = Object.assign({}, last, { env: forChild(last && last.env) });
      return method === 'execSync' || !Array.isArray(args) ? original(file, led) : original(file, args, led);
    };
  }
  try { require('module').syncBuiltinESMExports(); } catch (_) { /* Node 10 has no such exports */ }
})(@HOST@, @NAME@, @PORT@, @PROXIES@);
