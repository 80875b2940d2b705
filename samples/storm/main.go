// Command storm makes page faults, a fixed number of them with a fixed amount of computing between, and
// keeps the collector out of the way: its memory comes straight from the kernel and goes back in a few
// large pieces.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"syscall"
	"time"

	"gctide.invalid/samples/internal/truth"
)

// batch is how many faults are timed together: some milliseconds, so that whatever else happens on the machine
// hits some batches and leaves others alone.
const batch = 1024

// storm is the work of one thread.
type storm struct {
	region []byte
	count  int // faults to make
	work   int // steps of computing after each
	// Results: the time of each batch, and what compute made of it, so that none of it can be left out.
	batchNs []int64
	check   uint64
	err     error
}

// compute takes time in proportion to rounds and touches no memory.
func compute(x uint64, rounds int) uint64 {
	for i := 0; i < rounds; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// run touches one small page after the other and gives the region back whenever all of it is resident.
func (s *storm) run() {
	page := os.Getpagesize()
	at := 0
	since := time.Now()
	for i := 1; i <= s.count; i++ {
		s.region[at] = byte(s.check)
		s.check = compute(s.check, s.work)
		at += page
		if at >= len(s.region) {
			at = 0
			if s.err = syscall.Madvise(s.region, syscall.MADV_DONTNEED); s.err != nil {
				return
			}
		}
		if i%batch == 0 {
			now := time.Now()
			s.batchNs = append(s.batchNs, now.Sub(since).Nanoseconds())
			since = now
		}
	}
}

// runAll runs every storm on a thread of its own.
func runAll(storms []storm) {
	ended := make(chan struct{})
	for i := range storms {
		go func(s *storm) {
			runtime.LockOSThread()
			s.run()
			ended <- struct{}{}
		}(&storms[i])
	}
	for range storms {
		<-ended
	}
}

// undisturbed is the lower quartile of all batches' times; 0 when there are too few.
func undisturbed(storms []storm) int64 {
	var all []int64
	for i := range storms {
		all = append(all, storms[i].batchNs...)
	}
	if len(all) < 8 {
		return 0
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all[len(all)/4]
}

func prepare(threads, faults, work, sizeMiB int) ([]storm, error) {
	storms := make([]storm, threads)
	for i := range storms {
		region, err := truth.Map(sizeMiB << 20 / threads)
		if err != nil {
			return nil, err
		}
		storms[i] = storm{region: region, count: faults / threads, work: work,
			check: 88172645463325252 + uint64(i), batchNs: make([]int64, 0, faults/threads/batch)}
	}
	return storms, nil
}

func main() {
	faults := flag.Int("faults", 200000, "how many page faults to make")
	work := flag.Int("work", 1500, "steps of computing after each fault")
	size := flag.Int("region-mib", 64, "size of all regions; each time through costs a madvise call")
	threads := flag.Int("threads", 1, "how many threads share the faults")
	flag.Parse()

	debug.SetGCPercent(-1)
	r := truth.Begin("storm")
	storms, err := prepare(*threads, *faults, *work, *size)
	if err != nil {
		fmt.Fprintf(os.Stderr, "storm: cannot map %d MiB: %v\n", *size, err)
		os.Exit(1)
	}
	r.StartWork()
	runAll(storms)
	r.Worked()
	var check uint64
	for i := range storms {
		if err := storms[i].err; err != nil {
			fmt.Fprintf(os.Stderr, "storm: madvise: %v\n", err)
			os.Exit(1)
		}
		check ^= storms[i].check
	}
	r.Set("storm_faults", *faults / *threads * *threads)
	r.Set("batch_faults", batch)
	r.Set("batch_q1_ns", undisturbed(storms))
	r.Set("check", fmt.Sprintf("%x", check))
	r.Print()
}
