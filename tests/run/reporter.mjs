// A node:test reporter for suite.mjs: one line of JSON for each finished test, { outcome, name, error, reason }.
// A test that failed only because a test inside it did is left out: the inner one counts.
import { inspect } from 'node:util';

// A test whose suite was killed does not run on for ever.
const suite = process.ppid;
setInterval(() => { if (process.ppid !== suite) process.exit(1); }, 5000).unref();

function describe(error) {
    const cause = error?.cause ?? error;
    return cause?.stack ?? (typeof cause === 'string' ? cause : inspect(cause));
}

export default async function* reporter(source) {
    const path = [];
    for await (const { type, data } of source) {
        if (type === 'test:start') {
            path.length = data.nesting;
            path.push(data.name);
        }
        if (type !== 'test:pass' && type !== 'test:fail')
            continue;
        const inner = data.details?.error?.failureType === 'subtestsFailed';
        if (inner || (data.details?.type === 'suite' && type === 'test:pass'))
            continue;
        const outcome = data.skip !== undefined || data.todo !== undefined ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed';
        const name = [...path.slice(0, data.nesting), data.name].join(' > ');
        const reason = [data.skip, data.todo].find((given) => typeof given === 'string' && given) ?? '';
        yield JSON.stringify({ outcome, name, reason, error: outcome === 'failed' ? describe(data.details.error) : '' }) + '\n';
    }
}
