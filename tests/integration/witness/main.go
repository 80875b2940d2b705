// Command witness is a target that tells what reaches it. It collects garbage all the while, so that it
// is worth recording, and writes one line to stdout for each thing that happens.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

var sink []byte

// collect makes garbage and collections until stop is closed.
func collect(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(5 * time.Millisecond):
			sink = make([]byte, 1<<20)
			runtime.GC()
		}
	}
}

// printRights prints the kernel's words on capabilities and no_new_privs.
func printRights() {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Println("rights:", err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "CapEff") || strings.HasPrefix(line, "NoNewPrivs") {
			fmt.Println(line)
		}
	}
}

func main() {
	wait := flag.Duration("wait", time.Second, "how long to run when no signal comes")
	status := flag.Int("status", 0, "exit status")
	closeStderr := flag.Bool("close-stderr", false, "close stderr at once")
	rights := flag.Bool("rights", false, "print what rights there are")
	flag.Parse()

	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1,
		syscall.SIGUSR2, syscall.SIGQUIT)
	if *closeStderr {
		if err := syscall.Close(2); err != nil {
			fmt.Println("close:", err)
		}
	}
	if *rights {
		printRights()
	}
	stop := make(chan struct{})
	go collect(stop)
	fmt.Println("ready")
	deadline := time.After(*wait)
	for running := true; running; {
		select {
		case s := <-signals:
			fmt.Println("signal", s)
			// A second copy of the same signal would come within this time.
			deadline = time.After(300 * time.Millisecond)
		case <-deadline:
			running = false
		}
	}
	close(stop)
	fmt.Println("done")
	os.Exit(*status)
}
