// A strict reader of the Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): what it does not
// allow throws, and so does what Prometheus would take but misunderstand. Gives a Map of name to { type, help, samples }.
import assert from 'node:assert/strict';

const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const number = /^(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]Inf|NaN)$/;

function readLabels(text, line) {
    const labels = {};
    let rest = text;
    while (rest.length) {
        const [whole, key, raw] = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest) ?? assert.fail(`labels of ${line}`);
        assert.ok(!(key in labels) && !key.startsWith('__'), `${key} in ${line}`);
        labels[key] = raw.replace(/\\(.)/g, (_, each) => (each === 'n' ? '\n' : each));
        rest = rest.slice(whole.length);
    }
    return labels;
}

function readSample(line) {
    const [found] = name.exec(line) ?? assert.fail(`no name: ${line}`);
    let rest = line.slice(found.length);
    let labels = {};
    if (rest.startsWith('{')) {
        const end = /^\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}/.exec(rest) ?? assert.fail(`no end of labels: ${line}`);
        labels = readLabels(end[1], line);
        rest = rest.slice(end[0].length);
    }
    assert.match(rest, /^ \S+$/, line); // no time stamp: they are the scraper's
    assert.match(rest.slice(1), number, line);
    return { name: found, labels, value: Number(rest.slice(1).replace('Inf', 'Infinity')) };
}

const suffixes = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] };
const key = (labels) => JSON.stringify(Object.entries(labels).sort());

function checkHistogram(family, samples) {
    const groups = new Map();
    for (const { name: each, labels: { le, ...labels }, value } of samples) {
        const group = groups.get(key(labels)) ?? { buckets: [] };
        groups.set(key(labels), group);
        if (each.endsWith('_bucket'))
            group.buckets.push([Number(le.replace('Inf', 'Infinity')), value]);
        else
            group[each.slice(family.length)] = value;
    }
    for (const [which, { buckets, _sum, _count }] of groups) {
        assert.equal(buckets.at(-1)[0], Infinity, `${family} ${which}`);
        assert.equal(buckets.at(-1)[1], _count, `${family} ${which}`);
        assert.ok(_sum >= 0, `${family} ${which}`);
        buckets.forEach(([le, value], i) => assert.ok(i === 0 || (le > buckets[i - 1][0] && value >= buckets[i - 1][1]), `${family} ${which} ${le}`));
    }
}

export function readExposition(text) {
    const families = new Map(), seen = new Set();
    let current;
    assert.ok(text.endsWith('\n') && !text.includes('\r'));
    for (const line of text.slice(0, -1).split('\n')) {
        const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
        if (comment) {
            const [, what, found, rest] = comment;
            assert.match(found, new RegExp(`${name.source}$`), line);
            if (current?.name !== found) {
                assert.ok(!families.has(found), `${found} comes back: its lines must be one group`);
                families.set(found, current = { name: found, samples: [] });
            }
            assert.ok(!(what in current) && current.samples.length === 0, line);
            current[what] = rest;
            if (what === 'TYPE')
                assert.match(rest, /^(counter|gauge|histogram|summary|untyped)$/, line);
            continue;
        }
        const sample = readSample(line);
        assert.ok(current?.TYPE && current.HELP, `${line} has no type, or no help`);
        assert.ok((suffixes[current.TYPE] ?? ['']).some((suffix) => sample.name === current.name + suffix), `${line} is not of ${current.name}`);
        assert.ok(!seen.has(sample.name + key(sample.labels)), `${line} is there twice`);
        seen.add(sample.name + key(sample.labels));
        if (current.TYPE === 'counter')
            assert.ok(current.name.endsWith('_total') && sample.value >= 0, line);
        current.samples.push(sample);
    }
    for (const { name: family, TYPE, samples } of families.values())
        if (TYPE === 'histogram')
            checkHistogram(family, samples);
    return families;
}
