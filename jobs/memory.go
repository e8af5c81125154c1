package jobs

import (
	"os"
	"runtime/debug"
)

// Bounds of a worker's memory: four times what is in use before a collection, but back to Go's own habit when that nears
// the limit. Letters are short-lived: at Go's own setting a tenth of a worker's processor time goes into collections.
const (
	collectAt   = 300       // percent of new memory over what is in use
	memoryLimit = 128 << 20 // bytes
)

// UseMemory lets a process that delivers collect garbage less often. For main to call, once: it changes the whole process.
// What the operator sets in GOGC and GOMEMLIMIT stays.
func UseMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(collectAt)
	debug.SetMemoryLimit(memoryLimit)
}
