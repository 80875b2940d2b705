// Command leaky keeps a part of what it allocates for ever: its live heap grows by a known amount in a minute, beside garbage that
// is collected.
package main

import (
	"flag"
	"runtime"
	"time"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

// step is the time between two steps of growth.
const step = 10 * time.Millisecond

// kept is what leaks.
var kept [][]byte

func main() {
	growth := flag.Int("mib-per-min", 120, "how much is kept in a minute")
	live := flag.Int("live-mib", 16, "size of what is always live")
	duration := flag.Duration("for", 10*time.Second, "how long")
	flag.Parse()

	r := truth.Begin("leaky")
	set := load.New(*live<<20, 1)
	piece := int(int64(*growth) << 20 * int64(step) / int64(time.Minute))
	start := time.Now()
	for next := start; next.Sub(start) < *duration; next = next.Add(step) {
		if piece > 0 {
			leak := make([]byte, piece)
			for i := 0; i < len(leak); i += 4096 {
				leak[i] = 1
			}
			kept = append(kept, leak)
		}
		set.Churn(1 << 20)
		time.Sleep(time.Until(next.Add(step)))
	}
	r.Worked()
	runtime.KeepAlive(kept)
	r.Print()
}
