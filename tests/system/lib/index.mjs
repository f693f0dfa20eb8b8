// The whole harness: import { startPlumbline, startNginx, rawUpstream, ... } from './lib/index.mjs';
export { cleanup, onCleanup, temporaryFolder } from './cleanup.mjs';
export { nginxConfig, startNginx } from './nginx.mjs';
export { binary, plumbline, root, startPlumbline } from './plumbline.mjs';
export { contract, responses, startGateway } from './gateway.mjs';
export { accepts, freePort } from './ports.mjs';
export { run, start } from './process.mjs';
export { connect, rawClient, rawUpstream } from './raw.mjs';
export { readRecording, segments, waitForExchanges } from './recording.mjs';
