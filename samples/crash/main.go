// Command crash collects garbage for a while, tells its truth, and then ends badly, as -how says.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

// endings are in no order; the comment says what the caller sees.
var endings = map[string]func(){
	"panic": func() { panic("crash: as asked for") },     // status 2
	"fatal": func() { log.Fatal("crash: as asked for") }, // status 1
	"segv": func() { // a panic too: status 2
		var nowhere *int
		*nowhere = 1
	},
	"exit3": func() { os.Exit(3) },
	// "fatal error", which no recover can stop: status 2
	"throw": func() {
		var m sync.Mutex
		m.Unlock()
	},
	// the traceback, then SIGABRT
	"abort": func() {
		debug.SetTraceback("crash")
		panic("crash: as asked for")
	},
	"sigkill": func() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Minute)
	},
}

func main() {
	how := flag.String("how", "panic", "panic, fatal, segv, exit3, throw, abort or sigkill")
	live := flag.Int("live-mib", 32, "size of the live set")
	total := flag.Int("total-mib", 512, "how much to allocate first")
	flag.Parse()
	end, ok := endings[*how]
	if !ok {
		fmt.Fprintf(os.Stderr, "crash: no ending is called %q\n", *how)
		os.Exit(64)
	}

	r := truth.Begin("crash")
	set := load.New(*live<<20, 1)
	set.Churn(*total << 20)
	runtime.KeepAlive(set)
	r.Worked()
	r.Print()
	end()
}
