package main

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const returnCalls = 20000

// returnCost is what one call of madvise takes under one way of watching it.
type returnCost struct {
	Way     string `json:"way"`
	Calls   int    `json:"call_count"`
	NsCall  spread `json:"ns_per_call"`
	NsExtra spread `json:"ns_extra_per_call"` // than with --returns off
	Seen    int64  `json:"seen_count"`        // calls in the recordings of all rounds
}

var returnWays = []string{"off", "tracepoint", "seccomp"}

// watchedCalls is one run: what a call took, and how many calls are in the recording.
func watchedCalls(c *config, way string) (ns float64, seen int64, err error) {
	file := filepath.Join(c.scratch, "returns.rec")
	defer os.Remove(file)
	u, err := timed(true, c.gctide, "record", "-q", "-F", "0", "--no-fault-addresses", "--returns", way, "-o", file, "--",
		c.benchReturns, strconv.Itoa(returnCalls))
	if err != nil {
		return 0, 0, err
	}
	if ns, err = strconv.ParseFloat(strings.TrimSpace(string(u.stdout)), 64); err != nil {
		return 0, 0, err
	}
	r, err := reportOn(c.gctide, file)
	if err != nil {
		return 0, 0, err
	}
	return ns, known(r.Returns.CallCount), nil
}

// measureReturnCosts runs all ways in each round, in random order.
func measureReturnCosts(c *config) ([]returnCost, error) {
	ns := make([][]float64, len(returnWays))
	costs := make([]returnCost, len(returnWays))
	random := rand.New(rand.NewSource(1))
	for round := 0; round < c.returnRounds; round++ {
		for _, i := range random.Perm(len(returnWays)) {
			one, seen, err := watchedCalls(c, returnWays[i])
			if err != nil {
				return nil, fmt.Errorf("--returns %s: %w", returnWays[i], err)
			}
			ns[i] = append(ns[i], one)
			costs[i].Seen += seen
		}
	}
	fmt.Printf("one call of madvise, medians of %d rounds of %d calls in random order\n", c.returnRounds, returnCalls)
	for i, way := range returnWays {
		extra := make([]float64, len(ns[i]))
		for k := range extra {
			extra[k] = ns[i][k] - ns[0][k]
		}
		costs[i].Way, costs[i].Calls = way, returnCalls
		costs[i].NsCall, costs[i].NsExtra = describe(ns[i]), describe(extra)
		fmt.Printf("  --returns %-11s %6.2f us (%.2f .. %.2f), %+.2f us (%+.2f .. %+.2f); %d of %d calls recorded\n", way,
			costs[i].NsCall.Median/1e3, costs[i].NsCall.Low/1e3, costs[i].NsCall.High/1e3, costs[i].NsExtra.Median/1e3,
			costs[i].NsExtra.Low/1e3, costs[i].NsExtra.High/1e3, costs[i].Seen, returnCalls*c.returnRounds)
	}
	fmt.Println()
	return costs, nil
}
