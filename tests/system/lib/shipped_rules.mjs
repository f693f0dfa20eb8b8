// rules/lifecycles.yaml and rules/invariants.yaml as objects, by name.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './plumbline.mjs';

const { parse } = createRequire(path.join(root, 'build/npm/'))('@stoplight/yaml');
const read = (name) => parse(readFileSync(path.join(root, 'rules', name), 'utf8'));

export function shippedRules() {
    const { lifecycles } = read('lifecycles.yaml');
    const { invariants } = read('invariants.yaml');
    return { lifecycles, invariants: Object.fromEntries(invariants.map((each) => [each.name, each])) };
}

const alone = ['creates', 'deletes', 'once', 'absent', 'poll', 'from', 'state', 'sets'];
const bare = (operation) => operation.split(' ').at(-1); // without its service

// What a lifecycle can be wrong about, each as one text: "getOrder state", "getOrder fields total", "pay after order", "lasts pending".
export function clausesOf({ on, lasts = {} }) {
    const clauses = Object.keys(lasts).map((state) => `lasts ${state}`);
    for (const [operation, events] of Object.entries(on))
        for (const event of [events].flat()) {
            const keys = alone.filter((key) => key in event);
            const after = [event.after ?? []].flat().map((other) => `after ${bare(other)}`);
            const fields = Object.keys(event.fields ?? {}).map((name) => `fields ${name}`);
            clauses.push(...[...keys, ...after, ...fields].map((key) => `${bare(operation)} ${key}`));
        }
    return clauses;
}
