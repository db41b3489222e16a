// Two services of one shop, traced with the OpenTelemetry SDK for Node, which ./tracing.mjs sets up from its variables.

import { createServer } from 'node:http';

import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('shop', '1.2.3');
const [role, url] = process.argv.slice(2);

async function front() {
  const order = tracer.startSpan('place order', {
    attributes: {
      'order.id': 'o-0042 λ 🧵',
      'order.note': '',
      'order.express': true,
      'order.paid': false,
      'order.total_cents': 1250,
      'order.highest': Number.MAX_SAFE_INTEGER,
      'order.lowest': Number.MIN_SAFE_INTEGER,
      'order.weight_kg': 0.1,
      'order.smallest': 5e-324,
      'order.tags': ['gift', ''],
      'order.quantities': [1, 2 ** 40, -1],
      'order.prices': [0.5, 1e-7],
      'order.flags': [true, false],
    },
  });
  order.addEvent('accepted', { queue: 'fast', attempt: 1 });
  const placing = trace.setSpan(context.active(), order);
  const call = tracer.startSpan('POST /charge', { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'POST' } }, placing);
  const headers = { connection: 'close' };
  propagation.inject(trace.setSpan(placing, call), headers);
  await fetch(url, { method: 'POST', headers });
  call.end();
  order.setStatus({ code: SpanStatusCode.OK });
  order.end();
  process.stdout.write(JSON.stringify({ trace_id: order.spanContext().traceId }));
}

function checkCard(within) {
  const check = tracer.startSpan('check card', {}, within);
  const error = new TypeError('the card has expired');
  check.recordException(error);
  check.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  check.end();
}

function charge(request, response) {
  const charging = tracer.startSpan('charge', { kind: SpanKind.SERVER }, propagation.extract(context.active(), request.headers));
  const within = trace.setSpan(context.active(), charging);
  checkCard(within);
  const receipt = tracer.startSpan('send receipt', { kind: SpanKind.PRODUCER }, within);
  const links = [{ context: charging.spanContext(), attributes: { reason: 'late' } }];
  tracer.startSpan('write receipt', { kind: SpanKind.CONSUMER, links }, trace.setSpan(within, receipt)).end();
  receipt.end();
  charging.end();
  response.writeHead(204).end();
}

function back() {
  const server = createServer(charge);
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
  process.stdin.resume().once('end', () => server.close());
}

await (role === 'back' ? back() : front());
