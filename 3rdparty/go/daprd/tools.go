//go:build tools

// Package daprd pins the Dapr sidecar that the local stack builds.
package daprd

import _ "github.com/dapr/dapr/cmd/daprd"
