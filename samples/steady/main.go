// Command steady allocates at a steady rate over a live set of constant size, a fixed amount in all.
package main

import (
	"flag"
	"sync"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

func main() {
	live := flag.Int("live-mib", 64, "size of the live set, all goroutines together")
	total := flag.Int("total-mib", 2048, "how much to allocate, all goroutines together")
	workers := flag.Int("goroutines", 1, "how many goroutines allocate")
	flag.Parse()

	r := truth.Begin("steady")
	var all sync.WaitGroup
	for i := 0; i < *workers; i++ {
		all.Add(1)
		go func(seed uint64) {
			defer all.Done()
			load.New((*live<<20) / *workers, seed).Churn((*total << 20) / *workers)
		}(uint64(i + 1))
	}
	all.Wait()
	r.Worked()
	r.Print()
}
