package main

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
)

// Short runs: long enough for the recorder to be at work, short enough that the machine is the same for
// all ways of one round.
var faultSlot = []string{"-faults", "40000", "-work", "300"}

// faultCost is what one way of watching adds to every page fault.
type faultCost struct {
	Way     string `json:"way"`
	Skipped string `json:"skipped,omitempty"`
	// In ns, against the bare run of the same round. Each run stands for its lower quartile of batches of
	// faults: those that nothing else disturbed.
	Extra *spread `json:"extra_ns_per_fault"`
	// What that makes of a target with stormRate faults per second.
	Slowdown *spread `json:"slowdown_at_storm_rate"`
	Goal     float64 `json:"goal,omitempty"`
	// Of perf's extra cost; nil when that is within the noise.
	ShareOfPerf *spread `json:"share_of_perf,omitempty"`

	extra []float64
}

// faultNs is the time of one fault of an undisturbed batch, with the computing that belongs to it.
func faultNs(c *config, prefix []string) (float64, error) {
	t, err := runSample(append(append(prefix, filepath.Join(c.samples, "storm")), faultSlot...)...)
	if err == nil && (t.Extra.BatchFaults == 0 || t.Extra.BatchQ1Ns == 0) {
		err = fmt.Errorf("storm does not tell the time of a batch of faults")
	}
	if err != nil {
		return 0, err
	}
	return float64(t.Extra.BatchQ1Ns) / float64(t.Extra.BatchFaults), nil
}

// faultRound runs all ways and a bare run in random order.
func faultRound(c *config, costs []faultCost, random *rand.Rand) error {
	file := filepath.Join(c.scratch, "slot.rec")
	times := make([]float64, len(ways)+1) // the last one is bare
	for _, i := range random.Perm(len(times)) {
		var prefix []string
		if i < len(ways) {
			if costs[i].Skipped != "" {
				continue
			}
			prefix = ways[i].prefix(c, file)
		}
		var err error
		times[i], err = faultNs(c, prefix)
		os.Remove(file)
		if err != nil {
			return err
		}
	}
	for i := range costs {
		if costs[i].Skipped == "" {
			costs[i].extra = append(costs[i].extra, times[i]-times[len(ways)])
		}
	}
	return nil
}

func (f *faultCost) summarise() {
	extra := describe(f.extra)
	slow := extra.mapped(func(ns float64) float64 { return 1 + ns*stormRate/1e9 })
	f.Extra, f.Slowdown = &extra, &slow
}

// samplingSlowdown is what the sampling of stacks adds to counting, round by round, at stormRate.
func samplingSlowdown(costs []faultCost) *spread {
	stacks, counts := costs[wayIndex(stacksWay)].extra, costs[wayIndex(countsWay)].extra
	added := make([]float64, len(stacks))
	for i := range stacks {
		added[i] = stacks[i] - counts[i]
	}
	slow := describe(added).mapped(func(ns float64) float64 { return 1 + ns*stormRate/1e9 })
	return &slow
}

func measureFaultCosts(c *config) ([]faultCost, error) {
	costs := make([]faultCost, len(ways))
	for i, w := range ways {
		costs[i] = faultCost{Way: w.name, Goal: w.goals["storm"]}
	}
	perf := &costs[len(costs)-1]
	perf.Skipped = perfIsMissing(c)
	random := rand.New(rand.NewSource(1))
	for round := 0; round < c.faultRounds; round++ {
		if err := faultRound(c, costs, random); err != nil {
			return nil, err
		}
	}
	for i := range costs {
		if costs[i].Skipped == "" {
			costs[i].summarise()
		}
	}
	if perf.Extra != nil && perf.Extra.Low > 0 {
		for i := range costs[:len(costs)-1] {
			share := describeRatio(costs[i].extra, perf.extra)
			costs[i].ShareOfPerf = &share
		}
	}
	printFaultCosts(c, costs)
	return costs, nil
}
