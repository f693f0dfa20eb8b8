// What a recording folder holds.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';

// Every exchange of the recording, oldest first, as objects. A last line without a newline is not there yet.
export function readRecording(folder) {
    return segments(folder).flatMap((file) => {
        const data = readFileSync(file);
        const text = (file.endsWith('.zst') ? zstdDecompressSync(data) : data).toString('utf8');
        return text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter(Boolean).map((line, index) => {
            try {
                return JSON.parse(line);
            } catch (error) {
                throw new Error(`${file}:${index + 1}: ${error.message}: ${line.slice(0, 200)}`);
            }
        });
    });
}

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
