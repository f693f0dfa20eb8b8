// What a test file started or made is stopped and removed when the file ends, newest first, whatever happened in between.
// A failure to stop something cleanly fails the file.
import { after } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const actions = [];

export function onCleanup(action) {
    actions.push(action);
}

export async function cleanup() {
    const errors = [];
    while (actions.length) {
        try {
            await actions.pop()();
        } catch (error) {
            errors.push(error);
        }
    }
    if (errors.length)
        throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(String).join('\n'));
}

// A program that is no test (tests/bench) calls cleanup() itself.
if (process.argv[1]?.endsWith('.test.mjs'))
    after(cleanup);

// A new folder of our own, removed at the end.
export function temporaryFolder() {
    const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-test-'));
    onCleanup(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
}
