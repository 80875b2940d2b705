// Command steady allocates at a steady rate over a live set of constant size, a fixed amount in all. Its
// elapsed_ns begins when the heap has grown: from there on there are hardly any page faults.
package main

import (
	"flag"
	"sync"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

// growth is how often the live set is replaced before the heap has its size: a few collections.
const growth = 4

func inParallel(count int, work func(i int)) {
	var all sync.WaitGroup
	for i := 0; i < count; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			work(i)
		}(i)
	}
	all.Wait()
}

func main() {
	live := flag.Int("live-mib", 64, "size of the live set, all goroutines together")
	total := flag.Int("total-mib", 2048, "how much to allocate, all goroutines together")
	workers := flag.Int("goroutines", 1, "how many goroutines allocate")
	flag.Parse()

	r := truth.Begin("steady")
	share := func(mib int) int { return (mib << 20) / *workers }
	sets := make([]*load.Set, *workers)
	grow := growth * *live
	if grow > *total {
		grow = *total
	}
	inParallel(*workers, func(i int) {
		sets[i] = load.New(share(*live), uint64(i+1))
		sets[i].Churn(share(grow))
	})
	r.StartWork()
	inParallel(*workers, func(i int) { sets[i].Churn(share(*total - grow)) })
	r.Worked()
	r.Print()
}
