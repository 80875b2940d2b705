// Command forced calls for collections itself, among those that the runtime starts.
package main

import (
	"flag"
	"runtime"
	"runtime/debug"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

// alone calls a function that forces a collection when no other cycle runs or prints: up to Go 1.25 a forced
// cycle that waits for its turn marks the line of the cycle before as forced, and one of the runtime's own
// takes the mark away (runtime/mgc.go, gcStart sets work.userForced before it has worldsema).
// SetGCPercent(-1) returns when no mark phase is running; ReadMemStats needs worldsema, which a cycle
// holds until its line is out.
func alone(force func()) {
	var m runtime.MemStats
	percent := debug.SetGCPercent(-1)
	runtime.ReadMemStats(&m)
	force()
	runtime.ReadMemStats(&m)
	debug.SetGCPercent(percent)
}

func main() {
	count := flag.Int("gcs", 30, "how often to call runtime.GC")
	returns := flag.Int("returns", 3, "how often to call debug.FreeOSMemory, which collects as well")
	live := flag.Int("live-mib", 48, "size of the live set")
	between := flag.Int("between-mib", 24, "how much to allocate before each runtime.GC")
	flag.Parse()

	r := truth.Begin("forced")
	set := load.New(*live<<20, 1)
	for i := 0; i < *count; i++ {
		set.Churn(*between << 20)
		alone(runtime.GC)
		// Enough without a call for a cycle or two of the runtime's own.
		if i%5 == 4 {
			set.Churn(*live << 21)
		}
	}
	for i := 0; i < *returns; i++ {
		set.Churn(*between << 20)
		alone(debug.FreeOSMemory)
	}
	r.Worked()
	runtime.KeepAlive(set)
	r.Print()
}
