// Command children collects garbage while two Go children of its own, which inherit GODEBUG and stderr,
// do the same.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"

	"gctide.invalid/samples/internal/load"
	"gctide.invalid/samples/internal/truth"
)

// child is one child's truth, or what went wrong with it.
type child struct {
	truth truth.Truth
	err   error
}

func runChild(total int) child {
	var c child
	self, err := os.Executable()
	if err != nil {
		return child{err: err}
	}
	cmd := exec.Command(self, "-child", "-total-mib", strconv.Itoa(total))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return child{err: err}
	}
	c.err = json.Unmarshal(out, &c.truth)
	return c
}

func work(live, total int) {
	set := load.New(live<<20, 1)
	set.Churn(total << 20)
	runtime.KeepAlive(set)
}

func main() {
	live := flag.Int("live-mib", 24, "size of the live set of each process")
	total := flag.Int("total-mib", 512, "how much each process allocates")
	count := flag.Int("count", 2, "how many children")
	isChild := flag.Bool("child", false, "be one of the children")
	flag.Parse()

	if *isChild {
		r := truth.Begin("children-child")
		work(*live, *total)
		r.Worked()
		r.Print()
		return
	}
	r := truth.Begin("children")
	children := make([]child, *count)
	var all sync.WaitGroup
	for i := range children {
		all.Add(1)
		go func(c *child) {
			defer all.Done()
			*c = runChild(*total)
		}(&children[i])
	}
	work(*live, *total)
	all.Wait()
	r.Worked()
	var cycles, forced uint32
	for _, c := range children {
		if c.err != nil {
			fmt.Fprintf(os.Stderr, "children: a child failed: %v\n", c.err)
			os.Exit(1)
		}
		cycles += c.truth.NumGC
		forced += c.truth.NumForcedGC
	}
	r.Set("children_num_gc", cycles)
	r.Set("children_num_forced_gc", forced)
	r.Print()
}
