// Two services of one shop, traced with jaeger-client for Node, which ./tracing.mjs sets up from its variables.

import { createServer } from 'node:http';

import opentracing from 'opentracing';

const isRemote = process.env.JAEGER_SAMPLER_TYPE === 'remote';
const { stopTracing, tracer } = await import(isRemote ? './remote_sampler.mjs' : './tracing.mjs');
const { FORMAT_HTTP_HEADERS, REFERENCE_CHILD_OF, REFERENCE_FOLLOWS_FROM, Reference } = opentracing;
const [role, url] = process.argv.slice(2);

async function front() {
  const order = tracer.startSpan('place order', {
    tags: {
      'order.id': 'o-0042 λ 🧵',
      'order.note': '',
      'order.express': true,
      'order.paid': false,
      'order.total_cents': 1250,
      'order.weight_kg': 0.1,
      'order.smallest': 5e-324,
      'order.rate': 3.0,
    },
  });
  order.log({ event: 'accepted', queue: 'fast', attempt: 1 });
  const call = tracer.startSpan('POST /charge', { childOf: order, tags: { 'span.kind': 'client', 'http.method': 'POST' } });
  const headers = { connection: 'close' };
  tracer.inject(call.context(), FORMAT_HTTP_HEADERS, headers);
  if (url) await fetch(url, { method: 'POST', headers });
  call.finish();
  order.finish();
  process.stdout.write(JSON.stringify({ trace_id: order.context().toTraceId().padStart(32, '0') }));
  await stopTracing();
}

function charge(request, response) {
  const caller = tracer.extract(FORMAT_HTTP_HEADERS, request.headers);
  const charging = tracer.startSpan('charge', { childOf: caller, tags: { 'span.kind': 'server' } });
  const check = tracer.startSpan('check card', { childOf: charging });
  check.setTag('error', true);
  check.log({ event: 'error', 'error.kind': 'TypeError', message: 'the card has expired' });
  check.finish();
  const receipt = tracer.startSpan('send receipt', { childOf: charging, tags: { 'span.kind': 'producer' } });
  const references = [
    new Reference(REFERENCE_CHILD_OF, receipt.context()),
    new Reference(REFERENCE_FOLLOWS_FROM, charging.context()),
  ];
  tracer.startSpan('write receipt', { references, tags: { 'span.kind': 'consumer' } }).finish();
  receipt.finish();
  charging.finish();
  response.writeHead(204).end();
}

function back() {
  const server = createServer(charge);
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
  process.stdin.resume().once('end', () => server.close(stopTracing));
}

await (role === 'back' ? back() : front());
