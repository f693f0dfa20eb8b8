// Tables of results.
const verdict = ({ target, reached }) => (target === undefined ? '' : reached ? 'reached' : 'MISSED');
const line = (what, cells) => what.padEnd(40) + cells.map(([text, width]) => String(text).padStart(width)).join('');
const milliseconds = (microseconds) => (microseconds >= 1000 ? `${(microseconds / 1000).toFixed(2)}ms` : `${microseconds.toFixed(0)}us`);

// Rows of candidates under load; what decides is a ratio of CPU, or a difference of the median latency.
export function printComparison(rows) {
    const latency = rows.some(({ unit }) => unit === 'us');
    const shown = (value) => (latency ? `${value >= 0 ? '+' : ''}${value.toFixed(0)}us` : value.toFixed(2));
    console.log(line('', [['CPU us/request', 15], [latency ? 'p50 +/-' : 'ratio', 9], ['range', 14], ['p50', 9], ['p99', 9], ['requests/s', 12], ['target', 8]]));
    for (const row of rows) {
        if (row.skipped) {
            console.log(line(row.what, [[`skipped: ${row.skipped}`, 0]]));
            continue;
        }
        console.log(line(row.what, [[row.cpu_us.toFixed(1), 15], [shown(row.value), 9], [`${shown(row.least)}..${shown(row.most)}`, 14], [milliseconds(row.p50_us), 9],
            [milliseconds(row.p99_us), 9], [row.per_second.toFixed(0), 12], [row.target ?? '', 8], [verdict(row), 10]]));
    }
}

export function printOthers(rows) {
    console.log(line('', [['', 12], ['unit', 12], ['target', 8]]));
    for (const row of rows)
        console.log(row.skipped ? line(row.what, [[`skipped: ${row.skipped}`, 0]])
            : line(row.what, [[row.value.toFixed(row.digits), 12], [row.unit, 12], [row.target ?? '', 8], [verdict(row), 10]]));
}

export function printSummary(rows) {
    const judged = rows.filter(({ reached }) => reached !== undefined);
    const missed = judged.filter(({ reached }) => !reached);
    if (judged.length)
        console.log(`\n${judged.length - missed.length} of ${judged.length} targets reached${missed.length ? `; missed: ${missed.map(({ group, row }) => `${group}.${row}`).join(', ')}` : ''}`);
}
