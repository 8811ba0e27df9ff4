// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package tools names h2spec so that go.mod keeps it.
package tools

import _ "github.com/summerwind/h2spec/cmd/h2spec"
