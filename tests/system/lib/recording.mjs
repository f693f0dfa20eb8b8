// What a recording folder holds.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

// Every exchange of the recording, oldest first, as objects. A last line without a newline is not there yet.
export function readRecording(folder) {
    return segments(folder).flatMap((file) => {
        const text = file.endsWith('.zst') ? unpack(file) : readFileSync(file, 'utf8');
        return text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter(Boolean).map((line, index) => {
            try {
                return JSON.parse(line);
            } catch (error) {
                throw new Error(`${file}:${index + 1}: ${error.message}: ${line.slice(0, 200)}`);
            }
        });
    });
}

// By the command: node has no zstd before 22.15.
const unpack = (file) => execFileSync('zstd', ['-dcq', file], { encoding: 'utf8', maxBuffer: 1 << 30 });

export function segments(folder) {
    if (!existsSync(folder))
        return [];
    return readdirSync(folder).filter((file) => /^\d{6}\.jsonl(\.zst)?$/.test(file)).sort().map((file) => path.join(folder, file));
}

// Waits until the recording has `count` exchanges.
export async function waitForExchanges(folder, count, timeout = 10_000) {
    const end = Date.now() + timeout;
    for (;;) {
        const exchanges = readRecording(folder);
        if (exchanges.length >= count)
            return exchanges;
        if (Date.now() > end)
            throw new Error(`${folder} has ${exchanges.length} exchanges after ${timeout} ms, expected ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
