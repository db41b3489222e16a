package main

import (
	"errors"
	"time"

	"github.com/uber/jaeger-lib/metrics"
)

const strategyTimeout = 20 * time.Second

// updates tells by the client's own count when a strategy was taken over.
type updates struct {
	metrics.Factory
	takenOver chan struct{}
}

func newUpdates() updates {
	return updates{metrics.NullFactory, make(chan struct{}, 1)}
}

func (u updates) Namespace(metrics.NSOptions) metrics.Factory { return u }

func (u updates) Counter(options metrics.Options) metrics.Counter {
	if options.Name == "sampler_updates" && options.Tags["result"] == "ok" {
		return u
	}
	return metrics.NullCounter
}

func (u updates) Inc(int64) {
	select {
	case u.takenOver <- struct{}{}:
	default: // somebody is told already
	}
}

func (u updates) wait() error {
	select {
	case <-u.takenOver:
		return nil
	case <-time.After(strategyTimeout):
		return errors.New("no strategy came")
	}
}
