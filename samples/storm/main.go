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
	"syscall"

	"gctide.invalid/samples/internal/truth"
)

// compute takes time in proportion to rounds and touches no memory.
func compute(x uint64, rounds int) uint64 {
	for i := 0; i < rounds; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// storm touches one small page after the other, count times, and gives the region back whenever all of
// it is resident. It returns what compute made of it, so that none of it can be left out.
func storm(region []byte, count, work int) (uint64, error) {
	page := os.Getpagesize()
	x := uint64(88172645463325252)
	at := 0
	for i := 0; i < count; i++ {
		region[at] = byte(x)
		x = compute(x, work)
		at += page
		if at >= len(region) {
			at = 0
			if err := syscall.Madvise(region, syscall.MADV_DONTNEED); err != nil {
				return 0, err
			}
		}
	}
	return x, nil
}

func main() {
	faults := flag.Int("faults", 200000, "how many page faults to make")
	work := flag.Int("work", 1500, "steps of computing after each fault")
	size := flag.Int("region-mib", 64, "size of the region; each time through costs one madvise call")
	flag.Parse()

	debug.SetGCPercent(-1)
	runtime.LockOSThread()
	r := truth.Begin("storm")
	region, err := truth.Map(*size << 20)
	if err != nil {
		fmt.Fprintf(os.Stderr, "storm: cannot map %d MiB: %v\n", *size, err)
		os.Exit(1)
	}
	r.StartWork()
	x, err := storm(region, *faults, *work)
	r.Worked()
	if err != nil {
		fmt.Fprintf(os.Stderr, "storm: madvise: %v\n", err)
		os.Exit(1)
	}
	r.Set("storm_faults", *faults)
	r.Set("check", fmt.Sprintf("%x", x))
	r.Print()
}
