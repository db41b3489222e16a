package main

import (
	"io"

	"github.com/opentracing/opentracing-go"
	"github.com/uber/jaeger-client-go/config"
)

// startTracing reads the variables; closing what it returns sends what still waits.
func startTracing(options ...config.Option) (io.Closer, error) {
	settings, err := config.FromEnv()
	if err != nil {
		return nil, err
	}
	tracer, closer, err := settings.NewTracer(options...)
	if err != nil {
		return nil, err
	}
	opentracing.SetGlobalTracer(tracer)
	return closer, nil
}
