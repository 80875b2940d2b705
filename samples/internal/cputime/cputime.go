// Package cputime measures what CPU time named functions take, each on the thread that calls it.
package cputime

import (
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// clockThread is CLOCK_THREAD_CPUTIME_ID (linux/time.h).
const clockThread = 3

func now() time.Duration {
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockThread, uintptr(unsafe.Pointer(&t)), 0)
	return time.Duration(t.Nano())
}

// Work is a function with a name, as symbols have it. Each call should take some milliseconds.
type Work struct {
	Name string
	Run  func()
	used time.Duration
}

// Share runs the works in turn until limit has passed, and returns the CPU time that each took. The
// calling goroutine keeps its thread.
func Share(limit time.Duration, works []*Work) map[string]int64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for begin := time.Now(); time.Since(begin) < limit; {
		for _, w := range works {
			from := now()
			w.Run()
			w.used += now() - from
		}
	}
	used := map[string]int64{}
	for _, w := range works {
		used[w.Name] = int64(w.used)
	}
	return used
}
