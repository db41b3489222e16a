// The shop, traced with the OpenTelemetry SDK for Go, which tracing.go sets up from its variables.
package main

import "clew.test/clients/shop"

func main() { shop.Run(startTracing) }
