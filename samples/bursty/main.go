// Command bursty allocates some hundred MiB at once, drops them, waits, and starts again; in every second
// round it asks for the memory to be given back at once.
package main

import (
	"flag"
	"runtime/debug"
	"time"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

func main() {
	burst := flag.Int("burst-mib", 200, "what one round holds at its peak")
	rounds := flag.Int("rounds", 4, "number of rounds")
	wait := flag.Duration("wait", 150*time.Millisecond, "rest after each round")
	flag.Parse()

	r := truth.Begin("bursty")
	for round := 0; round < *rounds; round++ {
		set := load.New(*burst<<20, uint64(round+1))
		set.Churn(*burst << 18)
		set = nil
		if round%2 == 1 {
			debug.FreeOSMemory()
		}
		time.Sleep(*wait)
	}
	r.Worked()
	r.Print()
}
