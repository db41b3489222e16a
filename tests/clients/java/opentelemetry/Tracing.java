import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;

final class Tracing {
  private Tracing() {}

  /** Reads the variables; what still waits when the program ends is sent. */
  static OpenTelemetry start() {
    return AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
  }
}
