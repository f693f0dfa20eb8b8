// What the clients of chaos.test.mjs and storm.test.mjs have in common: waiting for what comes of a connection.
export class Waiting {
    constructor(patience) {
        Object.assign(this, { patience, closed: false, watchers: new Set() });
    }

    // Something came.
    tell() {
        for (const watcher of [...this.watchers]) watcher();
    }

    // Until it is so or the connection is closed; false: neither, for too long.
    until(test, patience = this.patience) {
        return new Promise((resolve) => {
            const done = (result) => { clearTimeout(timer); this.watchers.delete(look); resolve(result); };
            const look = () => { if (test() || this.closed) done(true); };
            const timer = setTimeout(() => done(false), patience);
            this.watchers.add(look);
            look();
        });
    }
}
