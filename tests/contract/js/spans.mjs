// Makes spans with the OpenTelemetry packages as they are published, sends them as OTLP/HTTP JSON to the URL given
// (second argument: the compression), and prints as JSON what was told to it, read from the spans themselves.

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, createTraceState, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  NodeTracerProvider,
  RandomIdGenerator,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

const [url, compression] = process.argv.slice(2);

const ATTRIBUTES = {
  string: 'value',
  'string.empty': '',
  'string.unicode': 'λ 🧵 "quoted" \\ \u0000 \n \u2028',
  'string.digits': '12345678901234567890',
  'bool.true': true,
  'bool.false': false,
  int: 200,
  'int.zero': 0,
  'int.negative.zero': -0,
  'int.negative': -1,
  'int.whole.double': 3.0,
  'int.beyond.32.bits': 2 ** 40,
  'int.safe.highest': Number.MAX_SAFE_INTEGER,
  'int.safe.lowest': Number.MIN_SAFE_INTEGER,
  'int.beyond.safe': 2 ** 62,
  double: 0.1,
  'double.smallest': 5e-324,
  'double.small': 1.5e-7,
  'double.large': 123456789.125,
  'double.nan': Number.NaN,
  'double.infinite': Number.POSITIVE_INFINITY,
  strings: ['a', '', 'λ'],
  'strings.with.null': ['a', null],
  ints: [1, 2 ** 40, -1],
  mixed: [1, 1.5, 2],
  bools: [true, false],
  'array.empty': [],
};

const idGenerator = new RandomIdGenerator();
const memory = new InMemorySpanExporter();
const exporter = new OTLPTraceExporter({ url, compression });

function makeProvider(service, spanLimits) {
  return new NodeTracerProvider({
    resource: resourceFromAttributes(
      { ...ATTRIBUTES, 'service.name': service },
      { schemaUrl: 'https://example.test/resource' },
    ),
    spanLimits,
    spanProcessors: [new SimpleSpanProcessor(memory), new BatchSpanProcessor(exporter)],
  });
}

function remoteContext() {
  return {
    traceId: idGenerator.generateTraceId(),
    spanId: idGenerator.generateSpanId(),
    traceFlags: TraceFlags.SAMPLED,
    traceState: createTraceState('clew=t:1;p:2,other@vendor=x/y'),
    isRemote: true,
  };
}

function makeEverySort(tracer) {
  for (const kind of [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER]) {
    tracer.startSpan(`kind ${kind}`, { kind, root: true }).end();
  }
  for (const status of [
    { code: SpanStatusCode.OK },
    { code: SpanStatusCode.ERROR },
    { code: SpanStatusCode.ERROR, message: 'disk full: 100 % ü' },
  ]) {
    tracer.startSpan('', { root: true }).setStatus(status).end();
  }
  tracer.startSpan('every attribute', { root: true, attributes: ATTRIBUTES }).end();
}

function makeTimes(tracer) {
  const asHrTime = tracer.startSpan('nanoseconds', { root: true, startTime: [1_763_719_200, 1] });
  asHrTime.addEvent('a nanosecond later', {}, [1_763_719_200, 2]);
  asHrTime.end([1_763_719_201, 999_999_999]);
  const asMillis = tracer.startSpan('milliseconds', { root: true, startTime: 1_763_719_200_123 });
  asMillis.addEvent('a date', {}, new Date(1_763_719_200_456));
  asMillis.end(1_763_719_200_999);
  const clock = tracer.startSpan('clock', { root: true });
  clock.addEvent('now');
  clock.end();
}

function makeTraceOverTwoServices(front, back) {
  const parent = front.startSpan('GET /thread', { kind: SpanKind.CLIENT }, trace.setSpanContext(ROOT_CONTEXT, remoteContext()));
  const sent = trace.setSpanContext(ROOT_CONTEXT, { ...parent.spanContext(), isRemote: true });
  const child = back.startSpan(
    'GET /thread',
    { kind: SpanKind.SERVER, links: [{ context: remoteContext(), attributes: ATTRIBUTES }] },
    sent,
  );
  child.addLink({ context: { ...remoteContext(), isRemote: false, traceState: undefined } });
  child.addEvent('with everything', ATTRIBUTES);
  child.recordException(new TypeError('out of thread'));
  child.end();
  parent.end();
}

function makeDropping(tracer) {
  const attributes = Object.fromEntries([...'abcdefghi'].map((key, index) => [key, index]));
  const links = [1, 2, 3].map(() => ({ context: remoteContext(), attributes }));
  const span = tracer.startSpan('dropping', { root: true, attributes, links });
  for (let number = 0; number < 8; number += 1) {
    span.addEvent(`event ${number}`, attributes);
  }
  span.end();
}

// How the exporter types a JavaScript number: a whole one is an int, any other a double, both in the digits that
// JSON.stringify writes, which knows no numbers that are not finite.
function typed(value) {
  if (value === null || value === undefined) return { kind: 'empty' };
  if (Array.isArray(value)) return { kind: 'array', value: value.map(typed) };
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return { kind: 'empty' };
    return { kind: Number.isInteger(value) ? 'int' : 'double', value: String(value) };
  }
  return { kind: typeof value, value };
}

const attributesOf = (attributes) => Object.entries(attributes ?? {}).map(([key, value]) => [key, typed(value)]);
const nanosOf = ([seconds, nanos]) => (BigInt(seconds) * 1_000_000_000n + BigInt(nanos)).toString();
const contextOf = (context) => ({
  traceId: context.traceId,
  spanId: context.spanId,
  traceState: context.traceState?.serialize() ?? '',
  traceFlags: context.traceFlags,
});

function describe(span) {
  return {
    ...contextOf(span.spanContext()),
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    parentIsRemote: span.parentSpanContext?.isRemote ?? false,
    name: span.name,
    kind: SpanKind[span.kind],
    start: nanosOf(span.startTime),
    end: nanosOf(span.endTime),
    attributes: attributesOf(span.attributes),
    droppedAttributes: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      name: event.name,
      time: nanosOf(event.time),
      attributes: attributesOf(event.attributes),
      droppedAttributes: event.droppedAttributesCount ?? 0,
    })),
    droppedEvents: span.droppedEventsCount,
    links: span.links.map((link) => ({
      ...contextOf(link.context),
      isRemote: link.context.isRemote ?? false,
      attributes: attributesOf(link.attributes),
      droppedAttributes: link.droppedAttributesCount ?? 0,
    })),
    droppedLinks: span.droppedLinksCount,
    status: { code: SpanStatusCode[span.status.code], message: span.status.message ?? '' },
    resource: { attributes: attributesOf(span.resource.attributes), schemaUrl: span.resource.schemaUrl ?? '' },
    scope: {
      name: span.instrumentationScope.name,
      version: span.instrumentationScope.version ?? '',
      schemaUrl: span.instrumentationScope.schemaUrl ?? '',
    },
  };
}

const front = makeProvider('contract-js-front');
const back = makeProvider('contract-js-back');
const dropping = makeProvider('contract-js-dropping', {
  attributeCountLimit: 2,
  eventCountLimit: 3,
  linkCountLimit: 1,
  attributePerEventCountLimit: 4,
  attributePerLinkCountLimit: 5,
});
const scoped = (provider) => provider.getTracer('contract', '1.2.3', { schemaUrl: 'https://example.test/scope' });

makeEverySort(scoped(front));
makeTimes(front.getTracer('without version'));
makeTraceOverTwoServices(scoped(front), scoped(back));
makeDropping(scoped(dropping));
for (const provider of [front, back, dropping]) {
  await provider.forceFlush(); // rejects when an export fails
}
process.stdout.write(JSON.stringify(memory.getFinishedSpans().map(describe)));
