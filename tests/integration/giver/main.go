// Command giver gives a page of its own back again and again on each of its threads, and tells of threads that stopped doing so.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// give never ends: the process does.
func give(count *uint64) {
	runtime.LockOSThread()
	page, err := syscall.Mmap(-1, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		panic(err)
	}
	for {
		page[0] = 1
		if err := syscall.Madvise(page, 4 /* MADV_DONTNEED */); err != nil {
			fmt.Println("madvise:", err)
		}
		atomic.AddUint64(count, 1)
	}
}

func main() {
	threads := flag.Int("threads", 4, "threads that give back")
	duration := flag.Duration("for", 3*time.Second, "how long")
	flag.Parse()

	counts := make([]uint64, *threads)
	for i := range counts {
		go give(&counts[i])
	}
	before := make([]uint64, *threads)
	for end := time.Now().Add(*duration); time.Now().Before(end); {
		time.Sleep(time.Second)
		for i := range counts {
			now := atomic.LoadUint64(&counts[i])
			if now == before[i] {
				fmt.Printf("thread %d is stuck after %d calls\n", i, now)
			}
			before[i] = now
		}
	}
	fmt.Println(before, "calls")
}
