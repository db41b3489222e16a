import java.util.concurrent.TimeUnit;
import zipkin2.reporter.BytesMessageSender;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

final class Tracing implements AutoCloseable {
  private final BytesMessageSender sender;
  private final AsyncZipkinSpanHandler handler;
  final brave.Tracing tracing;

  /** Sends to `url`, such as http://localhost:9411/api/v2/spans. */
  Tracing(String service, String url) {
    sender = URLConnectionSender.create(url);
    handler = AsyncZipkinSpanHandler.newBuilder(sender).closeTimeout(10, TimeUnit.SECONDS).build();
    tracing = brave.Tracing.newBuilder().localServiceName(service).addSpanHandler(handler).build();
  }

  /** Sends what still waits; the usual limit of one second loses spans on a busy machine. */
  @Override
  public void close() throws Exception {
    tracing.close();
    handler.flush();
    handler.close();
    sender.close();
  }
}
