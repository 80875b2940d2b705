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

// foldResult compares the way from a recording to folded stacks with perf's: both recorded the same run of a program
// at the same rate, and are run in turn.
type foldResult struct {
	Opponent string `json:"opponent"`
	Skipped  string `json:"skipped,omitempty"`
	// Does it end with folded stacks? The goals are for those.
	Collapses bool `json:"collapses"`
	// Of perf's time for a sample to gctide's, by pairs of runs.
	Faster        *spread `json:"times_faster"`
	GctideSamples int64   `json:"gctide_samples"`
	PerfSamples   int64   `json:"perf_samples"`
	GctideSeconds float64 `json:"gctide_median_seconds"`
	PerfSeconds   float64 `json:"perf_median_seconds"`
	GctideRSS     int64   `json:"gctide_peak_rss_bytes"`
	PerfRSS       int64   `json:"perf_peak_rss_bytes"` // of a pipe: of its processes together
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

// recordForStacks records one run of a program by gctide, and that by perf.
func recordForStacks(c *config, ours, theirs string) error {
	_, err := timed(false, "perf", "record", "-q", "-e", "cpu-clock", "-F", stacksHz, "-g", "-o", theirs, "--",
		c.gctide, "record", "-q", "-F", stacksHz, "--no-fault-addresses", "-o", ours, "--",
		filepath.Join(c.samples, "steady"), "-goroutines", "2", "-live-mib", "256", "-total-mib", "24576")
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

// opponent is a way from perf's recording to folded stacks, or a part of it.
type opponent struct {
	name      string
	collapses bool
	argv      []string
	missing   string // why it cannot be run here
}

// infernoCollapse is found on the PATH, or where the tests installed it.
func infernoCollapse(c *config) (path, missing string) {
	if path, err := exec.LookPath("inferno-collapse-perf"); err == nil {
		return path, ""
	}
	pattern := filepath.Join(filepath.Dir(c.gctide), "consumers", "inferno-*", "bin", "inferno-collapse-perf")
	if found, _ := filepath.Glob(pattern); len(found) > 0 {
		return found[len(found)-1], ""
	}
	return "", "no inferno-collapse-perf on the PATH or in " + filepath.Dir(filepath.Dir(filepath.Dir(pattern)))
}

func opponents(c *config, file string) []opponent {
	inferno, missing := infernoCollapse(c)
	all := []opponent{
		{"perf script report stackcollapse", true, []string{"perf", "script", "report", "stackcollapse", "-i", file}, ""},
		{"perf script | inferno-collapse-perf", true,
			[]string{"sh", "-c", `perf script -i "$0" 2>/dev/null | "$1"`, file, inferno}, missing},
		{"perf script", false, []string{"perf", "script", "-i", file}, ""},
	}
	for i := range all {
		if all[i].missing != "" {
			continue
		}
		if _, err := timed(false, all[i].argv...); err != nil {
			all[i].missing = strings.TrimSpace(err.Error())
		}
	}
	return all
}

func measureOpponent(c *config, f *foldResult, o *opponent, ours, theirs string) error {
	if o.missing != "" {
		f.Skipped = o.missing
		return nil
	}
	if err := countSamples(c, ours, theirs, f); err != nil {
		return err
	}
	rounds := 5
	if c.rounds < rounds {
		rounds = c.rounds
	}
	return compareFold(c, f, ours, o.argv, rounds)
}

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
	for _, o := range opponents(c, theirs) {
		f := foldResult{Opponent: o.name, Collapses: o.collapses}
		if err := measureOpponent(c, &f, &o, ours, theirs); err != nil {
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
	fmt.Printf("  a sample %.1f times as fast (%.1f .. %.1f)%s; %.2f of the memory%s\n", f.Faster.Median, f.Faster.Low,
		f.Faster.High, f.goal(">= 20", f.Faster.Median >= 20), share, f.goal("<= 0.25", share <= 0.25))
}

// goal is nothing for what is only a part of the way.
func (f *foldResult) goal(text string, isMet bool) string {
	if !f.Collapses {
		return ""
	}
	return fmt.Sprintf(", goal %s: %s", text, met(isMet))
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
