// Package shop is two services of one shop, traced with the API of OpenTelemetry; programs beside it set up an SDK.
package shop

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var tracer = otel.Tracer("shop", trace.WithInstrumentationVersion("1.2.3"))

// Run plays the role that the arguments name, between the start of tracing and its end, which sends what still waits.
func Run(startTracing func(context.Context) (func(context.Context) error, error)) {
	ctx := context.Background()
	stopTracing, err := startTracing(ctx)
	must(err)
	if os.Args[1] == "back" {
		must(back())
	} else {
		must(front(ctx, os.Args[2]))
	}
	must(stopTracing(ctx))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func front(ctx context.Context, url string) error {
	ctx, order := tracer.Start(ctx, "place order", trace.WithAttributes(
		attribute.String("order.id", "o-0042 λ 🧵"),
		attribute.String("order.note", ""),
		attribute.Bool("order.express", true),
		attribute.Bool("order.paid", false),
		attribute.Int("order.total_cents", 1250),
		attribute.Int64("order.highest", math.MaxInt64),
		attribute.Int64("order.lowest", math.MinInt64),
		attribute.Float64("order.weight_kg", 0.1),
		attribute.Float64("order.smallest", 5e-324),
		attribute.Float64("order.rate", 3),
		attribute.StringSlice("order.tags", []string{"gift", ""}),
		attribute.Int64Slice("order.quantities", []int64{1, 1 << 40, -1}),
		attribute.Float64Slice("order.prices", []float64{0.5, 1e-7}),
		attribute.BoolSlice("order.flags", []bool{true, false}),
	))
	order.AddEvent("accepted", trace.WithAttributes(attribute.String("queue", "fast"), attribute.Int("attempt", 1)))
	if err := call(ctx, url); err != nil {
		return err
	}
	order.SetStatus(codes.Ok, "")
	order.End()
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"trace_id": order.SpanContext().TraceID().String()})
}

func call(ctx context.Context, url string) error {
	ctx, span := tracer.Start(ctx, "POST /charge", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("http.request.method", "POST")))
	defer span.End()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return err
	}
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(request.Header))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func charge(response http.ResponseWriter, request *http.Request) {
	ctx := otel.GetTextMapPropagator().Extract(request.Context(), propagation.HeaderCarrier(request.Header))
	ctx, charging := tracer.Start(ctx, "charge", trace.WithSpanKind(trace.SpanKindServer))
	defer charging.End()
	checkCard(ctx)
	receiptCtx, receipt := tracer.Start(ctx, "send receipt", trace.WithSpanKind(trace.SpanKindProducer))
	link := trace.Link{SpanContext: charging.SpanContext(), Attributes: []attribute.KeyValue{attribute.String("reason", "late")}}
	_, written := tracer.Start(receiptCtx, "write receipt", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(link))
	written.End()
	receipt.End()
	response.WriteHeader(http.StatusNoContent)
}

func checkCard(ctx context.Context) {
	_, check := tracer.Start(ctx, "check card")
	err := errors.New("the card has expired")
	check.RecordError(err)
	check.SetStatus(codes.Error, err.Error())
	check.End()
}

func back() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(charge)}
	go func() { _ = server.Serve(listener) }()
	err = json.NewEncoder(os.Stdout).Encode(map[string]int{"port": listener.Addr().(*net.TCPAddr).Port})
	if err != nil {
		return err
	}
	if _, err = io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return server.Shutdown(context.Background())
}
