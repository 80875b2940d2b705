// Command forced calls for collections itself, among those that the runtime starts.
package main

import (
	"flag"
	"runtime"
	"runtime/debug"
	"time"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

// letLineOut waits until the line of a cycle that has just ended is printed: a forced cycle that starts meanwhile
// would mark that line as its own (runtime/mgc.go, gcStart sets work.userForced before it has worldsema).
func letLineOut() {
	time.Sleep(3 * time.Millisecond)
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
		letLineOut()
		runtime.GC()
		// Enough without a call for a cycle or two of the runtime's own.
		if i%5 == 4 {
			set.Churn(*live << 21)
		}
	}
	for i := 0; i < *returns; i++ {
		set.Churn(*between << 20)
		letLineOut()
		debug.FreeOSMemory()
	}
	r.Worked()
	runtime.KeepAlive(set)
	r.Print()
}
