package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// foldResult compares the way from a recording to folded stacks with perf's, on recordings of the same program at
// the same rate, in turn.
type foldResult struct {
	Opponent string `json:"opponent"`
	Skipped  string `json:"skipped,omitempty"`
	// Of perf's time for a sample to gctide's, by pairs of runs.
	Faster        *spread `json:"times_faster"`
	GctideSamples int64   `json:"gctide_samples"`
	PerfSamples   int64   `json:"perf_samples"`
	GctideSeconds float64 `json:"gctide_median_seconds"`
	PerfSeconds   float64 `json:"perf_median_seconds"`
	GctideRSS     int64   `json:"gctide_peak_rss_bytes"`
	PerfRSS       int64   `json:"perf_peak_rss_bytes"`
}

// symbolResult is the start-up of symbols on a large stripped program, and look-ups after it.
type symbolResult struct {
	Skipped          string  `json:"skipped,omitempty"`
	BinaryBytes      int64   `json:"binary_bytes"`
	FirstNs          int64   `json:"first_ns"`
	LookupsPerSecond float64 `json:"lookups_per_second"`
}

// stacksHz makes some ten thousands of samples in a few seconds.
const stacksHz = "4999"

// recordForStacks records the same program by gctide and by perf.
func recordForStacks(c *config, ours, theirs string) error {
	program := []string{filepath.Join(c.samples, "steady"), "-goroutines", "2", "-live-mib", "256", "-total-mib", "24576"}
	argv := append([]string{c.gctide, "record", "-q", "-F", stacksHz, "--no-fault-addresses", "-o", ours, "--"},
		program...)
	if _, err := timed(false, argv...); err != nil {
		return err
	}
	argv = append([]string{"perf", "record", "-q", "-e", "cpu-clock", "-F", stacksHz, "-g", "-o", theirs, "--"},
		program...)
	_, err := timed(false, argv...)
	return err
}

func countSamples(c *config, ours, theirs string, f *foldResult) error {
	u, err := timed(true, c.gctide, "report", "--format", "json", ours)
	if err != nil {
		return err
	}
	var r struct {
		Stacks struct {
			CPU struct {
				Count int64 `json:"sample_count"`
			} `json:"cpu"`
		} `json:"stacks"`
	}
	if err := json.Unmarshal(u.stdout, &r); err != nil {
		return err
	}
	f.GctideSamples = r.Stacks.CPU.Count
	s := slowdown{}
	if err := countPerf(c, theirs, &s); err != nil {
		return err
	}
	f.PerfSamples = s.Events
	if f.GctideSamples == 0 || f.PerfSamples == 0 {
		return fmt.Errorf("%d samples by gctide, %d by perf: nothing to compare", f.GctideSamples, f.PerfSamples)
	}
	return nil
}

// compareFold runs both in turn.
func compareFold(c *config, f *foldResult, ours string, opponent []string, rounds int) error {
	var ratios, our, their []float64
	for i := 0; i < rounds; i++ {
		a, err := timed(false, c.gctide, "fold", ours)
		if err != nil {
			return err
		}
		b, err := timed(false, opponent...)
		if err != nil {
			return err
		}
		our, their = append(our, a.WallSeconds), append(their, b.WallSeconds)
		ratios = append(ratios, b.WallSeconds/float64(f.PerfSamples)/(a.WallSeconds/float64(f.GctideSamples)))
		if a.PeakRSSBytes > f.GctideRSS {
			f.GctideRSS = a.PeakRSSBytes
		}
		if b.PeakRSSBytes > f.PerfRSS {
			f.PerfRSS = b.PeakRSSBytes
		}
	}
	s := describe(ratios)
	f.Faster = &s
	f.GctideSeconds = quantile(sortedCopy(our), 0.5)
	f.PerfSeconds = quantile(sortedCopy(their), 0.5)
	return nil
}

// measureFold measures against perf script alone: a collapse behind it would only add to its time and memory.
func measureFold(c *config) ([]foldResult, error) {
	if why := perfIsMissing(c); why != "" {
		return []foldResult{{Opponent: "perf script", Skipped: why}}, nil
	}
	ours, theirs := filepath.Join(c.scratch, "stacks.rec"), filepath.Join(c.scratch, "stacks.data")
	defer os.Remove(ours)
	defer os.Remove(theirs)
	if err := recordForStacks(c, ours, theirs); err != nil {
		return nil, err
	}
	var all []foldResult
	for _, opponent := range [][]string{
		{"perf", "script", "--no-inline", "-F", "comm,tid,ip,sym", "-i", theirs},
		{"perf", "script", "-i", theirs},
	} {
		f := foldResult{Opponent: strings.Join(opponent[:len(opponent)-2], " ")}
		if err := countSamples(c, ours, theirs, &f); err != nil {
			return nil, err
		}
		rounds := 5
		if c.rounds < rounds {
			rounds = c.rounds
		}
		if err := compareFold(c, &f, ours, opponent, rounds); err != nil {
			return nil, err
		}
		printFold(&f)
		all = append(all, f)
	}
	return all, nil
}

// measureSymbols builds a program of Go's own distribution, stripped: some 20 MB.
func measureSymbols(c *config) (*symbolResult, error) {
	s := &symbolResult{}
	binary := filepath.Join(c.scratch, "compile")
	defer os.Remove(binary)
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "cmd/compile")
	cmd.Dir = c.scratch
	cmd.Env = append(os.Environ(), "GO111MODULE=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Skipped = strings.TrimSpace(fmt.Sprintf("go build cmd/compile: %v: %.200s", err, out))
		printSymbols(s)
		return s, nil
	}
	if info, err := os.Stat(binary); err == nil {
		s.BinaryBytes = info.Size()
	}
	u, err := timed(true, c.benchSymbols, binary)
	if err != nil {
		return nil, err
	}
	for _, line := range strings.Split(string(u.stdout), "\n") {
		name, value, _ := cut(line, " ")
		switch name {
		case "first_ns":
			s.FirstNs, _ = strconv.ParseInt(value, 10, 64)
		case "lookups_per_second":
			s.LookupsPerSecond, _ = strconv.ParseFloat(value, 64)
		}
	}
	printSymbols(s)
	return s, nil
}

func cut(s, separator string) (before, after string, found bool) {
	if i := strings.Index(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

func printFold(f *foldResult) {
	if f.Skipped != "" {
		fmt.Printf("fold against %s: skipped: %s\n", f.Opponent, f.Skipped)
		return
	}
	share := float64(f.GctideRSS) / float64(f.PerfRSS)
	fmt.Printf("fold of %d samples in %.3f s, %s; %s of %d samples in %.3f s, %s\n", f.GctideSamples, f.GctideSeconds,
		mib(f.GctideRSS), f.Opponent, f.PerfSamples, f.PerfSeconds, mib(f.PerfRSS))
	fmt.Printf("  a sample %.1f times as fast (%.1f .. %.1f); goal >= 20: %s; %.2f of the memory; goal <= 0.25: %s\n",
		f.Faster.Median, f.Faster.Low, f.Faster.High, met(f.Faster.Median >= 20), share, met(share <= 0.25))
}

func printSymbols(s *symbolResult) {
	if s.Skipped != "" {
		fmt.Printf("symbols: skipped: %s\n", s.Skipped)
		return
	}
	fmt.Printf("symbols of a stripped Go program of %.1f MB: first name after %.2f ms; goal < 20: %s; then %.1f "+
		"million frames/s; goal > 5: %s\n", float64(s.BinaryBytes)/1e6, float64(s.FirstNs)/1e6,
		met(s.FirstNs < 20e6), s.LookupsPerSecond/1e6, met(s.LookupsPerSecond > 5e6))
}
