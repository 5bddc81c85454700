// nginx with njs: the same translation in a body filter.
const STATUS = {PENDING: 'queued', QUEUED: 'queued', RUNNING: 'inProgress', COMPLETED: 'completed', FAILED: 'failed'};
let content = '';

function header(r) {
    delete r.headersOut['Content-Length'];
}

function body(r, data, flags) {
    content += data;
    if (!flags.last) {
        return;
    }
    const base = `http://${r.headersIn.host}`;
    const path = r.variables.legacy;
    const results = JSON.parse(content).results.map((item) => ({
        createdAt: item.startTime || item.scheduledTime,
        expiresAt: item.expiration,
        frequencyType: 'daily',
        id: item.id,
        mongodVersion: item.mongoDBVersion,
        serverlessInstanceName: r.variables.cluster,
        snapshotType: 'scheduled',
        status: STATUS[item.status],
        links: [{href: `${base}${path}/${item.id}`, rel: 'self'}],
    }));
    results.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    const page = {
        links: [{href: `${base}${path}?pageNum=1&itemsPerPage=500`, rel: 'self'}],
        results,
        totalCount: results.length,
    };
    r.sendBuffer(JSON.stringify(page), flags);
}

export default {header, body};
