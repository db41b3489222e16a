// The shop, traced with the OpenTelemetry SDK for Go and its Zipkin exporter, beside services of Zipkin's clients.
package main

import "clew.test/clients/shop"

func main() { shop.Run(startTracing) }
