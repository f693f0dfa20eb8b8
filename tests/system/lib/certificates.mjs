// Certificates of a test's own authority, made by openssl in a folder of their own.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './cleanup.mjs';
import { run } from './process.mjs';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

// { folder, ca, sign(name, names, { days, expired }) }; sign resolves to { cert, key }, paths of files. `names` is a subjectAltName:
// 'DNS:localhost,IP:127.0.0.1'.
export async function certificates() {
    const folder = temporaryFolder();
    const file = (name) => path.join(folder, name);
    const openssl = async (...args) => {
        const { status, stderr } = await run('openssl', args, { cwd: folder });
        if (status !== 0)
            throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
    };

    await openssl('req', '-x509', ...newKey, '-days', '30', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=A test authority');
    writeFileSync(file('index'), '');
    writeFileSync(file('index.attr'), 'unique_subject = no\n');
    writeFileSync(file('ca.conf'), ['[ca]', 'default_ca=x', '[x]', 'database=index', 'serial=serial', 'new_certs_dir=.', 'default_md=sha256',
        'policy=p', '[p]', 'commonName=supplied', ''].join('\n'));

    const sign = async (name, names, { expired = false } = {}) => {
        await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
        writeFileSync(file(`${name}.ext`), `subjectAltName=${names}\n`);
        const times = expired ? ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'] : ['-days', '30'];
        await openssl('ca', '-batch', '-config', 'ca.conf', '-create_serial', '-notext', '-in', `${name}.csr`, '-cert', 'ca.pem',
            '-keyfile', 'ca.key', ...times, '-extfile', `${name}.ext`, '-out', `${name}.pem`);
        return { cert: file(`${name}.pem`), key: file(`${name}.key`) };
    };
    return { folder, ca: file('ca.pem'), sign, read: (name) => readFileSync(name, 'utf8') };
}
