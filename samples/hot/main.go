// Command hot spends its CPU time in functions of known names and tells how much in each: loops, one of
// them inlined, assembly without a frame, and the runtime on its system stack. It collects no garbage.
package main

import (
	"bytes"
	"flag"
	"runtime"
	"runtime/debug"
	"time"

	"gctide.invalid/samples/internal/cputime"
	"gctide.invalid/samples/internal/truth"
)

var sink uint64

//go:noinline
func heavy() {
	v := sink
	for i := 0; i < 3_000_000; i++ {
		v = v*6364136223846793005 + 1442695040888963407
	}
	sink = v
}

//go:noinline
func light() {
	v := sink
	for i := 0; i < 1_000_000; i++ {
		v = v*6364136223846793005 + 1442695040888963407
	}
	sink = v
}

// inlined is small enough for the compiler to put it into its caller, where all its time is then.
func inlined(v uint64) uint64 {
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	v ^= v >> 33
	return v
}

//go:noinline
func outer() {
	v := sink
	for i := 0; i < 1_500_000; i++ {
		v = inlined(v + uint64(i))
	}
	sink = v
}

var haystack = make([]byte, 1<<20)

// scan is all bytes.IndexByte, which is assembly without a frame of its own.
//
//go:noinline
func scan() {
	for i := 0; i < 100; i++ {
		sink += uint64(bytes.IndexByte(haystack, 1))
	}
}

var text = make([]byte, 1<<14)

// deepen gives the runtime a stack to walk.
//
//go:noinline
func deepen(n int) int {
	if n == 0 {
		return runtime.Stack(text, false)
	}
	return deepen(n-1) + 1
}

// stacks is all runtime.Stack, which works on the system stack.
//
//go:noinline
func stacks() {
	for i := 0; i < 60; i++ {
		sink += uint64(deepen(30))
	}
}

func main() {
	seconds := flag.Float64("seconds", 3, "how long to run")
	flag.Parse()

	debug.SetGCPercent(-1)
	r := truth.Begin("hot")
	r.StartWork()
	used := cputime.Share(time.Duration(*seconds*float64(time.Second)), []*cputime.Work{
		{Name: "main.heavy", Run: heavy},
		{Name: "main.light", Run: light},
		{Name: "main.outer", Run: outer},
		{Name: "main.scan", Run: scan},
		{Name: "main.stacks", Run: stacks},
	})
	r.Worked()
	r.Set("cpu_ns", used)
	r.Print()
}
