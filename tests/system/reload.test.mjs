// Another ruleset while the gateway runs: by SIGHUP, by a changed file, under load; and what is said when it is broken.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { rawUpstream } from './lib/index.mjs';
import { contract, startGateway } from './lib/gateway.mjs';

const list = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]';

// Write the contract with another bound for `limit`.
function writeContract(gateway, maximum) {
    const changed = structuredClone(contract);
    changed.paths['/parts'].get.parameters[0].schema.maximum = maximum;
    writeFileSync(path.join(gateway.folder, 'parts.openapi.json'), JSON.stringify(changed));
}

test('SIGHUP: the contract is read anew, a kept connection lives on', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, { request: 'enforce' }, {}, { args: ['--no-watch'] });
    const status = async () => (await fetch(`${gateway.url}/parts?limit=50`)).status;

    assert.equal(await status(), 200);
    writeContract(gateway, 10);
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reloaded \(generation 2\)/);
    assert.equal(await status(), 400);
    assert.equal(gateway.ended, null);
});
