import brave.Span;
import brave.Tracer;
import brave.propagation.TraceContext;
import brave.propagation.TraceContextOrSamplingFlags;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Two services of one shop, traced with Brave, which Tracing.java sets up. */
public final class Shop {
  private final brave.Tracing brave;
  private final Tracer tracer;

  private Shop(Tracing tracing) {
    brave = tracing.tracing;
    tracer = brave.tracer();
  }

  public static void main(String[] arguments) throws Exception {
    try (Tracing tracing = new Tracing(System.getenv("SERVICE"), System.getenv("ZIPKIN_URL"))) {
      Shop shop = new Shop(tracing);
      if (arguments[0].equals("back")) {
        shop.back();
      } else {
        shop.front(URI.create(arguments[1]));
      }
    }
  }

  private void front(URI url) throws Exception {
    Span order = tracer.newTrace().name("place order").start();
    order.tag("order.id", "o-0042 \u03bb \ud83e\uddf5").tag("order.note", "").annotate("accepted");
    call(order.context(), url);
    order.finish();
    System.out.println("{\"trace_id\": \"" + "0".repeat(32 - order.context().traceIdString().length())
        + order.context().traceIdString() + "\"}");
  }

  private void call(TraceContext parent, URI url) throws Exception {
    Span call = tracer.newChild(parent).name("POST /charge").kind(Span.Kind.CLIENT).tag("http.method", "POST");
    call.remoteServiceName("payments").start().remoteIpAndPort("10.0.0.7", 8443);
    HttpRequest.Builder request = HttpRequest.newBuilder(url).POST(HttpRequest.BodyPublishers.noBody());
    brave.propagation().injector(HttpRequest.Builder::setHeader).inject(call.context(), request);
    HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.discarding());
    call.finish();
  }

  private void charge(HttpExchange exchange) throws IOException {
    TraceContextOrSamplingFlags caller =
        brave.propagation().extractor(Shop::header).extract(exchange);
    Span charge = tracer.joinSpan(caller.context()).name("charge").kind(Span.Kind.SERVER).start();
    Span check = tracer.newChild(charge.context()).name("check card").start();
    check.error(new IllegalStateException("the card has expired")).finish();
    Span receipt = tracer.newChild(charge.context()).name("send receipt").kind(Span.Kind.PRODUCER).start();
    tracer.newChild(receipt.context()).name("write receipt").kind(Span.Kind.CONSUMER).start().finish();
    receipt.finish();
    charge.finish();
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  private static String header(HttpExchange exchange, String name) {
    return exchange.getRequestHeaders().getFirst(name);
  }

  private void back() throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/charge", this::charge);
    server.start();
    System.out.println("{\"port\": " + server.getAddress().getPort() + "}");
    System.in.readAllBytes();
    server.stop(0);
  }
}
