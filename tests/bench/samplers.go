package main

import (
	"fmt"
	"strconv"
	"strings"
)

// eventCost is what the perf events alone cost the thread that they watch: one process that goes on through all
// ways of watching in random order, some milliseconds each, while nobody reads what it records. Figures are of
// lower quartiles of batches.
type eventCost struct {
	Skipped string `json:"skipped,omitempty"`
	Rounds  int    `json:"rounds"`
	// In ns, against the bare batches.
	PerFault map[string]*spread `json:"extra_ns_per_fault"`
	// One sample of CPU time with its stack.
	PerSample *spread `json:"ns_per_cpu_sample"`
	// What the stacks of faults at stormRate and CPU samples at defaultHz add to counting.
	Sampling *spread `json:"slowdown_by_sampling"`
	Goal     float64 `json:"goal"`
}

var faultWays = []string{"counts", "stacks", "record", "perf"}

// columns reads the lines of bench_samplers: two words, then a figure for each round.
func columns(text string) (map[string][]float64, error) {
	all := map[string][]float64{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 3 {
			return nil, fmt.Errorf("bench_samplers: no figures in %q", line)
		}
		var values []float64
		for _, w := range words[2:] {
			v, err := strconv.ParseFloat(w, 64)
			if err != nil {
				return nil, fmt.Errorf("bench_samplers: %w", err)
			}
			values = append(values, v)
		}
		all[words[0]+" "+words[1]] = values
	}
	for _, name := range []string{"faults bare", "faults counts", "faults stacks", "faults record", "faults perf",
		"cpu bare", "cpu samples", "samples taken"} {
		if len(all[name]) == 0 || len(all[name]) != len(all["faults bare"]) {
			return nil, fmt.Errorf("bench_samplers: no column %q, or another length", name)
		}
	}
	return all, nil
}

// summariseEventCost compares the columns, drawing the same rounds of all.
func summariseEventCost(all map[string][]float64) *eventCost {
	rounds := len(all["faults bare"])
	undisturbed := func(name string, draw []int) float64 { return quantileOf(all[name], draw, 0.25) }
	perSample := func(draw []int) float64 {
		return (undisturbed("cpu samples", draw) - undisturbed("cpu bare", draw)) / medianOf(all["samples taken"], draw)
	}
	e := &eventCost{Rounds: rounds, PerFault: map[string]*spread{}, Goal: 1.02}
	for _, way := range faultWays {
		way := way
		s := describeFigure(rounds, func(draw []int) float64 {
			return undisturbed("faults "+way, draw) - undisturbed("faults bare", draw)
		})
		e.PerFault[way] = &s
	}
	sample := describeFigure(rounds, perSample)
	sampling := describeFigure(rounds, func(draw []int) float64 {
		fault := undisturbed("faults stacks", draw) - undisturbed("faults counts", draw)
		return 1 + (fault*stormRate+perSample(draw)*defaultHz)/1e9
	})
	e.PerSample, e.Sampling = &sample, &sampling
	return e
}

func measureEventCost(c *config) (*eventCost, error) {
	u, err := timed(true, c.benchSamplers, strconv.Itoa(c.samplerRounds))
	if err != nil { // these events are not for everyone
		fmt.Printf("the perf events by themselves: skipped: %v\n\n", err)
		return &eventCost{Skipped: err.Error()}, nil
	}
	all, err := columns(string(u.stdout))
	if err != nil {
		return nil, err
	}
	e := summariseEventCost(all)
	printEventCost(e)
	return e, nil
}

func printEventCost(e *eventCost) {
	fmt.Printf("the perf events by themselves, in one process without a recorder; lower quartiles of %d rounds in random "+
		"order\n", e.Rounds)
	for _, way := range faultWays {
		s := e.PerFault[way]
		fmt.Printf("  %-7s adds %4.0f ns to each page fault (%.0f .. %.0f)\n", way, s.Median, s.Low, s.High)
	}
	fmt.Printf("  a CPU sample with its stack takes %.1f us (%.1f .. %.1f)\n", e.PerSample.Median/1e3, e.PerSample.Low/1e3,
		e.PerSample.High/1e3)
	fmt.Printf("  the default sampling, -F %d and the stacks of %d faults/s: %.4f (%.4f .. %.4f)  %s\n\n", defaultHz, stormRate,
		e.Sampling.Median, e.Sampling.Low, e.Sampling.High, verdict(e.Sampling, e.Goal))
}
