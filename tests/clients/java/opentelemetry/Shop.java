import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Two services of one shop, traced with the OpenTelemetry SDK for Java, which Tracing.java sets up from its variables. */
public final class Shop {
  private static final OpenTelemetry TELEMETRY = Tracing.start();
  private static final Tracer TRACER = TELEMETRY.getTracer("shop", "1.2.3");
  private static final TextMapPropagator PROPAGATOR = TELEMETRY.getPropagators().getTextMapPropagator();

  private static final TextMapGetter<HttpExchange> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(HttpExchange exchange) {
          return exchange.getRequestHeaders().keySet();
        }

        @Override
        public String get(HttpExchange exchange, String key) {
          return exchange.getRequestHeaders().getFirst(key);
        }
      };

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("back")) {
      back();
    } else {
      front(URI.create(arguments[1]));
    }
  }

  private static void front(URI url) throws Exception {
    Span order =
        TRACER
            .spanBuilder("place order")
            .setAttribute("order.id", "o-0042 \u03bb \ud83e\uddf5")
            .setAttribute("order.note", "")
            .setAttribute("order.express", true)
            .setAttribute("order.paid", false)
            .setAttribute("order.total_cents", 1250)
            .setAttribute("order.highest", Long.MAX_VALUE)
            .setAttribute("order.lowest", Long.MIN_VALUE)
            .setAttribute("order.weight_kg", 0.1)
            .setAttribute("order.smallest", Double.MIN_VALUE)
            .setAttribute("order.rate", 3.0)
            .setAttribute(AttributeKey.stringArrayKey("order.tags"), java.util.List.of("gift", ""))
            .setAttribute(AttributeKey.longArrayKey("order.quantities"), java.util.List.of(1L, 1L << 40, -1L))
            .setAttribute(AttributeKey.doubleArrayKey("order.prices"), java.util.List.of(0.5, 1e-7))
            .setAttribute(AttributeKey.booleanArrayKey("order.flags"), java.util.List.of(true, false))
            .startSpan();
    order.addEvent("accepted", Attributes.builder().put("queue", "fast").put("attempt", 1).build());
    try (Scope placing = order.makeCurrent()) {
      call(url);
    }
    order.setStatus(StatusCode.OK);
    order.end();
    System.out.println("{\"trace_id\": \"" + order.getSpanContext().getTraceId() + "\"}");
  }

  private static void call(URI url) throws Exception {
    Span call =
        TRACER
            .spanBuilder("POST /charge")
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute("http.request.method", "POST")
            .startSpan();
    HttpRequest.Builder request = HttpRequest.newBuilder(url).POST(HttpRequest.BodyPublishers.noBody());
    PROPAGATOR.inject(Context.current().with(call), request, HttpRequest.Builder::setHeader);
    HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.discarding());
    call.end();
  }

  private static void charge(HttpExchange exchange) throws IOException {
    Context caller = PROPAGATOR.extract(Context.current(), exchange, HEADERS);
    Span charge = TRACER.spanBuilder("charge").setSpanKind(SpanKind.SERVER).setParent(caller).startSpan();
    try (Scope charging = charge.makeCurrent()) {
      checkCard();
      Span receipt = TRACER.spanBuilder("send receipt").setSpanKind(SpanKind.PRODUCER).startSpan();
      TRACER
          .spanBuilder("write receipt")
          .setSpanKind(SpanKind.CONSUMER)
          .setParent(Context.current().with(receipt))
          .addLink(charge.getSpanContext(), Attributes.builder().put("reason", "late").build())
          .startSpan()
          .end();
      receipt.end();
    }
    charge.end();
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  private static void checkCard() {
    Span check = TRACER.spanBuilder("check card").startSpan();
    Exception error = new IllegalStateException("the card has expired");
    check.recordException(error);
    check.setStatus(StatusCode.ERROR, error.getMessage());
    check.end();
  }

  private static void back() throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/charge", Shop::charge);
    server.start();
    System.out.println("{\"port\": " + server.getAddress().getPort() + "}");
    System.in.readAllBytes();
    server.stop(0);
  }
}
