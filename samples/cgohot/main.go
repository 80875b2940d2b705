// Command cgohot spends its CPU time in Go and in C that keeps no frame pointers, and tells how much in
// each.
package main

/*
#cgo CFLAGS: -O2 -fomit-frame-pointer
#include "hot.h"
*/
import "C"

import (
	"flag"
	"runtime/debug"
	"time"

	"gctide.invalid/samples/internal/cputime"
	"gctide.invalid/samples/internal/truth"
)

var sink uint64

//go:noinline
func pureGo() {
	v := sink
	for i := 0; i < 2_000_000; i++ {
		v = v*6364136223846793005 + 1442695040888963407
	}
	sink = v
}

//go:noinline
func callC() { sink += uint64(C.hot_in_c(C.uint64_t(sink))) }

func main() {
	seconds := flag.Float64("seconds", 3, "how long to run")
	flag.Parse()

	debug.SetGCPercent(-1)
	r := truth.Begin("cgohot")
	r.StartWork()
	used := cputime.Share(time.Duration(*seconds*float64(time.Second)), []*cputime.Work{
		{Name: "main.pureGo", Run: pureGo},
		{Name: "hot_in_c", Run: callC},
	})
	r.Worked()
	r.Set("cpu_ns", used)
	r.Print()
}
