// The switches of /ui/faults.html. What is shown is put in as text, never as HTML.
'use strict';

const page = '/api/v1/faults';
const at = (id) => document.getElementById(id);
let token = sessionStorage.getItem('plumbline-token') ?? '';

function tell(message) {
    at('trouble').textContent = message;
    at('trouble').hidden = message === '';
}

async function ask(method, path = page, body = undefined) {
    const headers = { Accept: 'application/json' };
    if (token !== '')
        headers.Authorization = `Bearer ${token}`;
    if (body !== undefined)
        headers['Content-Type'] = 'application/json';
    const answer = await fetch(path, { method, headers, body });
    const value = await answer.json();
    if (answer.status === 401) {
        at('login').hidden = false;
        throw new Error(value.detail);
    }
    if (!answer.ok)
        throw new Error((value.errors ?? []).map((each) => `${each.place}: ${each.detail}`).join('\n') || value.detail);
    return value;
}

function cell(row, text, small = '') {
    const td = row.insertCell();
    td.textContent = text;
    if (small !== '')
        td.append(Object.assign(document.createElement('small'), { textContent: small }));
    return td;
}

function showRule(body, rule) {
    const row = body.insertRow();
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: rule.enabled });
    box.setAttribute('aria-label', rule.name);
    box.addEventListener('change', () => change('PUT', `${page}/${encodeURIComponent(rule.name)}`, JSON.stringify({ enabled: box.checked })));
    row.insertCell().append(box);
    cell(row, rule.name, rule.where);
    cell(row, rule.does, `on the ${rule.side}`);
    cell(row, rule.when);
    cell(row, String(rule.fired)).className = 'number';
    if (!rule.enabled)
        [...row.cells].slice(1).forEach((each) => each.classList.add('off'));
}

function show(list) {
    const focused = document.activeElement?.getAttribute('aria-label');
    const body = document.createElement('tbody');
    list.faults.forEach((rule) => showRule(body, rule));
    at('rules').tBodies[0].replaceWith(body);
    const presets = document.createElement('tbody');
    for (const preset of list.presets) {
        const row = presets.insertRow();
        cell(row, preset.name);
        cell(row, preset.does, `on the ${preset.side}`);
        cell(row, preset.when);
    }
    at('presets').tBodies[0].replaceWith(presets);
    at('rules').hidden = list.faults.length === 0;
    at('none').hidden = list.faults.length !== 0;
    at('login').hidden = true;
    at('source').textContent = `${list.source === 'admin' ? 'These rules were put here.' : 'These rules are those of the files.'} Seed ${list.seed}.`;
    if (focused)
        [...body.querySelectorAll('input')].find((each) => each.getAttribute('aria-label') === focused)?.focus();
}

// Whatever comes of it, what is shown is what there is.
async function change(...request) {
    let trouble = '';
    try {
        show(await ask(...request));
    } catch (error) {
        trouble = error.message;
        await ask('GET').then(show, () => {});
    }
    tell(trouble);
}

at('put').addEventListener('submit', (event) => {
    event.preventDefault();
    change('PUT', page, at('text').value);
});
at('back').addEventListener('click', () => change('DELETE'));
at('login').addEventListener('submit', (event) => {
    event.preventDefault();
    token = at('token').value;
    sessionStorage.setItem('plumbline-token', token);
    change('GET');
});

change('GET');
setInterval(() => {
    if (!document.hidden && at('login').hidden && at('trouble').hidden && document.activeElement !== at('text'))
        ask('GET').then(show, (error) => tell(error.message));
}, 2000);
