package main

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
)

// What record samples by default, and a rate at which the cost of a sample stands out of the noise.
const (
	defaultHz = 99
	loadedHz  = 9973
)

// sampleCost is what the stacks of CPU time cost the target. The ratios are of its CPU time to that of runs of
// the same rounds that are recorded without stacks.
type sampleCost struct {
	DefaultHz int `json:"default_hz"`
	LoadedHz  int `json:"loaded_hz"`
	// Taken at loadedHz, in all rounds.
	Samples int64   `json:"sample_count"`
	Default *spread `json:"ratio_at_default_hz"`
	Loaded  *spread `json:"ratio_at_loaded_hz"`
	// One sample, by what loadedHz takes longer than defaultHz; and what defaultHz of them are in each second of CPU time.
	NsPerSample *spread `json:"ns_per_sample"`
	Slowdown    *spread `json:"slowdown_by_sample_cost"`
	Goal        float64 `json:"goal"`
}

func sampleCount(c *config, file string) (int64, error) {
	r, err := reportOn(c.gctide, file)
	if err != nil {
		return 0, err
	}
	if r.Stacks.CPU == nil || r.Stacks.CPU.SampleCount == 0 {
		return 0, fmt.Errorf("no CPU sample in %s", file)
	}
	return r.Stacks.CPU.SampleCount, nil
}

// sampledRun is a run of the steady sample at one rate: its CPU time, and how many samples were taken.
func sampledRun(c *config, hz int) (cpuNs float64, samples int64, err error) {
	file := filepath.Join(c.scratch, "sampled.rec")
	defer os.Remove(file)
	t, err := runSample(c.gctide, "record", "--no-fault-addresses", "-F", strconv.Itoa(hz), "-o", file, "--",
		filepath.Join(c.samples, "steady"), "-total-mib", "640")
	if err != nil {
		return 0, 0, err
	}
	if hz > 0 {
		if samples, err = sampleCount(c, file); err != nil {
			return 0, 0, fmt.Errorf("at %d Hz: %w", hz, err)
		}
	}
	return float64(t.UserNs + t.SystemNs), samples, nil
}

// measureSampleCost compares lower quartiles of many short runs: what a shared machine adds to a run, it
// only adds.
func measureSampleCost(c *config) (*sampleCost, error) {
	rates := []int{0, defaultHz, loadedHz}
	cpu, samples := make([][]float64, len(rates)), make([][]float64, len(rates))
	random := rand.New(rand.NewSource(1))
	for round := 0; round < c.sampleRounds; round++ {
		for _, i := range random.Perm(len(rates)) {
			ns, count, err := sampledRun(c, rates[i])
			if err != nil {
				return nil, err
			}
			cpu[i], samples[i] = append(cpu[i], ns), append(samples[i], float64(count))
		}
	}
	s := summariseSampleCost(cpu, samples)
	printSampleCost(s, c.sampleRounds)
	return s, nil
}

// summariseSampleCost takes CPU times and numbers of samples without stacks, at defaultHz and at loadedHz.
func summariseSampleCost(cpu, samples [][]float64) *sampleCost {
	s := &sampleCost{DefaultHz: defaultHz, LoadedHz: loadedHz, Goal: 1.02}
	undisturbed := func(values []float64, draw []int) float64 { return quantileOf(values, draw, 0.25) }
	ratio := func(i int) *spread {
		r := describeFigure(len(cpu[0]), func(draw []int) float64 {
			return undisturbed(cpu[i], draw) / undisturbed(cpu[0], draw)
		})
		return &r
	}
	// Both rates have the stacks of faults and returns, too.
	ns := describeFigure(len(cpu[0]), func(draw []int) float64 {
		return (undisturbed(cpu[2], draw) - undisturbed(cpu[1], draw)) /
			(medianOf(samples[2], draw) - medianOf(samples[1], draw))
	})
	slow := ns.mapped(func(ns float64) float64 { return 1 + ns*defaultHz/1e9 })
	s.Default, s.Loaded, s.NsPerSample, s.Slowdown = ratio(1), ratio(2), &ns, &slow
	for _, n := range samples[2] {
		s.Samples += int64(n)
	}
	return s
}

func printSampleCost(s *sampleCost, rounds int) {
	fmt.Printf("each CPU sample with its stack: CPU time of the target as a ratio to runs recorded without stacks; "+
		"lower quartiles of %d rounds in random order\n", rounds)
	fmt.Printf("  -F %-4d %.4f (%.4f .. %.4f)  %s\n", s.DefaultHz, s.Default.Median, s.Default.Low, s.Default.High,
		verdict(s.Default, s.Goal))
	fmt.Printf("  -F %-4d %.4f (%.4f .. %.4f): %.1f us for each of %d samples (%.1f .. %.1f)\n", s.LoadedHz,
		s.Loaded.Median, s.Loaded.Low, s.Loaded.High, s.NsPerSample.Median/1e3, s.Samples, s.NsPerSample.Low/1e3,
		s.NsPerSample.High/1e3)
	fmt.Printf("  at that price, -F %d makes %.5f (%.5f .. %.5f)  %s\n\n", s.DefaultHz, s.Slowdown.Median,
		s.Slowdown.Low, s.Slowdown.High, verdict(s.Slowdown, s.Goal))
}
