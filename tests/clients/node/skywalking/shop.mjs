// Two services of one shop, traced by SkyWalking's agent for Node, which SW_AGENT_… set up.
import http from 'node:http';
import skywalking from 'skywalking-backend-js';

const { default: agent, ContextManager } = skywalking;
agent.start();

const NOT_CONNECTED_YET_MS = 20;

async function sendAll() {
  // While the agent isn't connected, a flush keeps what there is.
  for (let sent = agent.flush(); sent !== null; sent = agent.flush()) {
    await sent;
    await new Promise((resolve) => setTimeout(resolve, NOT_CONNECTED_YET_MS));
  }
}

function post(url) {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(url), { method: 'POST' }, (response) => {
      response.on('end', resolve);
      response.resume();
    });
    request.on('error', reject);
    request.end();
  });
}

async function front(url) {
  const order = ContextManager.current.newLocalSpan('place order');
  order.start();
  for (const val of ['yarn λ 🧵', '']) order.tag({ key: 'order.item', overridable: false, val });
  const traceId = ContextManager.current.traceId();
  const answered = post(url);
  order.async();
  await answered;
  order.resync();
  order.stop();
  await sendAll();
  process.stdout.write(JSON.stringify({ trace_id: traceId.replaceAll('-', '') }), () => process.exit(0));
}

function charge() {
  const check = ContextManager.current.newLocalSpan('check card');
  check.start();
  try {
    throw new TypeError('the card has expired');
  } catch (error) {
    check.error(error);
  }
  check.stop();
}

function back() {
  const server = http.createServer((request, response) => {
    charge();
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
  });
  process.stdin.on('end', async () => {
    await sendAll();
    process.exit(0);
  });
  process.stdin.resume();
}

if (process.argv[2] === 'back') back();
else await front(process.argv[3]);
