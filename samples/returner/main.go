// Command returner gives a known number of pages back to the system, waits, and touches a known part of them again.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"gctide.invalid/samples/internal/truth"
)

// released is how much of the heap is with the system, as the runtime says.
func released() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapReleased
}

func minorFaults() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		fmt.Fprintln(os.Stderr, "returner: getrusage:", err)
		os.Exit(1)
	}
	return int64(u.Minflt)
}

// withoutHugePages holds for the whole process (prctl(2), PR_SET_THP_DISABLE).
func withoutHugePages() {
	const prSetTHPDisable = 41
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetTHPDisable, 1, 0, 0, 0, 0); errno != 0 {
		fmt.Fprintln(os.Stderr, "returner: prctl(PR_SET_THP_DISABLE):", errno)
		os.Exit(1)
	}
}

// touched makes memory of so many pages, and writes to each one.
func touched(pages, pageBytes int) []byte {
	b := make([]byte, pages*pageBytes)
	for i := 0; i < len(b); i += pageBytes {
		b[i] = 1
	}
	return b
}

func main() {
	pages := flag.Int("pages", 4096, "pages to give back")
	again := flag.Int("again", 1024, "pages to touch again")
	age := flag.Duration("age", 200*time.Millisecond, "how long to wait between")
	small := flag.Bool("small-pages", true, "let no huge page bring many pages with one fault")
	flag.Parse()

	if *small {
		withoutHugePages()
	}
	// No collection but the forced one, and no scavenging but what it does.
	debug.SetGCPercent(-1)
	r := truth.BeginBare("returner")
	pageBytes := os.Getpagesize()
	b := touched(*pages, pageBytes)
	runtime.KeepAlive(b)
	b = nil

	before := released()
	start := time.Now()
	debug.FreeOSMemory()
	returned := time.Now()
	after := released()
	time.Sleep(*age)

	from, faults := time.Now(), minorFaults()
	c := touched(*again, pageBytes)
	faults = minorFaults() - faults
	to := time.Now()

	r.Worked()
	r.Set("released_bytes", after-before)
	r.Set("again_faults", faults)
	r.Set("age_at_least_ns", from.Sub(returned))
	r.Set("age_at_most_ns", to.Sub(start))
	runtime.KeepAlive(c)
	r.Print()
}
