// Command limited works near a memory limit: GOMEMLIMIT when it is set, else one of its own.
package main

import (
	"flag"
	"os"
	"runtime"
	"runtime/debug"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

// sink keeps the big buffers on the heap.
var sink []byte

func main() {
	limit := flag.Int64("limit-mib", 96, "memory limit, unless GOMEMLIMIT is set")
	live := flag.Int("live-mib", 48, "size of the live set")
	big := flag.Int("big-mib", 12, "size of a buffer that is needed now and then")
	rounds := flag.Int("rounds", 60, "how often the big buffer is needed")
	flag.Parse()

	r := truth.Begin("limited")
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(*limit << 20)
	}
	r.Set("memory_limit_bytes", debug.SetMemoryLimit(-1))
	set := load.New(*live<<20, 1)
	for i := 0; i < *rounds; i++ {
		set.Churn(16 << 20)
		// The sizes differ, so that no free run of pages fits all of them.
		sink = make([]byte, *big<<20+(i%7)<<18)
		for at := 0; at < len(sink); at += 4096 {
			sink[at] = 1
		}
		set.Churn(2 << 20)
		sink = nil
	}
	r.Worked()
	runtime.KeepAlive(set)
	r.Print()
}
