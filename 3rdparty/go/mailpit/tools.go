//go:build tools

// Package mailpit pins the mail server that the local stack builds.
package mailpit

import _ "github.com/axllent/mailpit"
