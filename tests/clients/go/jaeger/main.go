// Two services of one shop, traced with jaeger-client-go, which tracing.go sets up from its variables.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/config"
)

func main() {
	updated := newUpdates()
	closer, err := startTracing(config.Metrics(updated))
	must(err)
	if os.Getenv("JAEGER_SAMPLER_TYPE") == jaeger.SamplerTypeRemote {
		must(updated.wait())
	}
	if os.Args[1] == "back" {
		must(back())
	} else {
		must(front(os.Args[2:]))
	}
	must(closer.Close())
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func front(urls []string) error {
	order := opentracing.StartSpan("place order")
	// Set one by one: this client drops sampler.type and sampler.param of a span that is started with tags.
	for key, value := range map[string]any{
		"order.id":          "o-0042 λ 🧵",
		"order.note":        "",
		"order.express":     true,
		"order.paid":        false,
		"order.total_cents": 1250,
		"order.highest":     int64(math.MaxInt64),
		"order.lowest":      int64(math.MinInt64),
		"order.weight_kg":   0.1,
		"order.smallest":    5e-324,
		"order.rate":        3.0,
	} {
		order.SetTag(key, value)
	}
	order.LogKV("event", "accepted", "queue", "fast", "attempt", 1)
	if err := call(order.Context(), urls); err != nil {
		return err
	}
	order.Finish()
	id := order.Context().(jaeger.SpanContext).TraceID()
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"trace_id": fmt.Sprintf("%016x%016x", id.High, id.Low)})
}

func call(parent opentracing.SpanContext, urls []string) error {
	span := opentracing.StartSpan("POST /charge", opentracing.ChildOf(parent), ext.SpanKindRPCClient,
		opentracing.Tag{Key: "http.method", Value: "POST"})
	defer span.Finish()
	for _, url := range urls {
		request, err := http.NewRequest(http.MethodPost, url, nil)
		if err != nil {
			return err
		}
		carrier := opentracing.HTTPHeadersCarrier(request.Header)
		if err = opentracing.GlobalTracer().Inject(span.Context(), opentracing.HTTPHeaders, carrier); err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		if err = response.Body.Close(); err != nil {
			return err
		}
	}
	return nil
}

func charge(response http.ResponseWriter, request *http.Request) {
	carrier := opentracing.HTTPHeadersCarrier(request.Header)
	caller, err := opentracing.GlobalTracer().Extract(opentracing.HTTPHeaders, carrier)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	charging := opentracing.StartSpan("charge", opentracing.ChildOf(caller), ext.SpanKindRPCServer)
	defer charging.Finish()
	check := opentracing.StartSpan("check card", opentracing.ChildOf(charging.Context()))
	ext.Error.Set(check, true)
	check.LogKV("event", "error", "error.kind", "errorString", "message", "the card has expired")
	check.Finish()
	receipt := opentracing.StartSpan("send receipt", opentracing.ChildOf(charging.Context()), ext.SpanKindProducer)
	opentracing.StartSpan("write receipt", opentracing.ChildOf(receipt.Context()),
		opentracing.FollowsFrom(charging.Context()), ext.SpanKindConsumer).Finish()
	receipt.Finish()
	response.WriteHeader(http.StatusNoContent)
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
	return server.Close()
}
