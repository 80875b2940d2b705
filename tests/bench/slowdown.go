package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// stormRate is the number of faults per second that the storm makes when nothing watches.
const stormRate = 150000

// slowdown is the result of one way of watching one sample.
type slowdown struct {
	Sample  string `json:"sample"`
	Way     string `json:"way"`
	Skipped string `json:"skipped,omitempty"`
	// Of the sample's elapsed time to the mean of the bare runs right before and after it.
	Ratio *spread `json:"ratio"`
	// The same of the whole run, its start with the faults of a growing heap included.
	Whole *spread `json:"whole_run_ratio"`
	// What the same comparison gives for the goal; 0 when there is none.
	Goal          float64 `json:"goal,omitempty"`
	MedianSeconds float64 `json:"bare_median_seconds"`
	BytesPerFault float64 `json:"recording_bytes_per_fault,omitempty"`
	// Over all rounds: faults by getrusage, events in the recordings, events known to be lost (-1: unknown).
	Faults int64 `json:"fault_count"`
	Events int64 `json:"event_count"`
	Lost   int64 `json:"lost_count"`

	runs, before []truth // before: the bare run before each run; after it comes the next one's
	after        []truth
	bytes        int64
}

// The two ways that differ by the sampling of stacks alone.
const stacksWay, countsWay = "stacks", "counts only"

func wayIndex(name string) int {
	for i := range ways {
		if ways[i].name == name {
			return i
		}
	}
	panic("no way " + name)
}

// way is a command to put in front of the sample.
type way struct {
	name   string
	goals  map[string]float64
	prefix func(c *config, file string) []string
	// count adds the events of the recording to s.
	count func(c *config, file string, s *slowdown) error
}

var ways = []way{
	{
		name: "record", goals: map[string]float64{"steady": 1.02, "storm": 1.06, "wide storm": 1.06},
		prefix: func(c *config, file string) []string {
			return []string{c.gctide, "record", "-o", file, "--"}
		},
		count: countGctide,
	},
	{
		// The default sampling of stacks, without the addresses of all faults.
		name: stacksWay, goals: map[string]float64{"steady": 1.02, "storm": 1.02, "wide storm": 1.02},
		prefix: func(c *config, file string) []string {
			return []string{c.gctide, "record", "--no-fault-addresses", "-o", file, "--"}
		},
		count: countGctide,
	},
	{
		name: countsWay, goals: map[string]float64{"steady": 1.01, "storm": 1.01, "wide storm": 1.01},
		prefix: func(c *config, file string) []string {
			return []string{c.gctide, "record", "-F", "0", "--no-fault-addresses", "-o", file, "--"}
		},
		count: countGctide,
	},
	{
		name: "perf record",
		prefix: func(c *config, file string) []string {
			return []string{"perf", "record", "-q", "-e", "page-faults", "-c", "1", "-d", "-o", file, "--"}
		},
		count: countPerf,
	},
}

func countGctide(c *config, file string, s *slowdown) error {
	r, err := reportOn(c.gctide, file)
	if err != nil {
		return err
	}
	if n := known(r.Faults.RecordedCount); n > 0 {
		s.Events += n
	}
	if n := known(r.Losses.PerfLost); n < 0 || s.Lost < 0 {
		s.Lost = -1
	} else {
		s.Lost += n
	}
	return nil
}

// countPerf reads perf's own statistics. They count records of loss, not what was lost, so the loss is
// what is missing of the faults when there is such a record.
func countPerf(c *config, file string, s *slowdown) error {
	out, err := exec.Command("perf", "report", "--stats", "-i", file).Output()
	if err != nil {
		s.Lost = -1
		return nil
	}
	var samples int64
	lost := false
	for _, line := range strings.Split(string(out), "\n") {
		f := strings.Fields(line)
		if len(f) >= 3 && f[0] == "SAMPLE" && samples == 0 {
			samples, _ = strconv.ParseInt(f[2], 10, 64)
		}
		if len(f) >= 3 && (f[0] == "LOST" || f[0] == "LOST_SAMPLES") {
			lost = true
		}
	}
	s.Events += samples
	if missing := s.Faults - s.Events; lost && s.Lost >= 0 && missing > 0 {
		s.Lost = missing
	}
	return nil
}

// perfIsMissing is why perf cannot be compared with; "" when it can.
func perfIsMissing(c *config) string {
	if _, err := exec.LookPath("perf"); err != nil {
		return err.Error()
	}
	file := filepath.Join(c.scratch, "probe.data")
	defer os.Remove(file)
	argv := append(ways[len(ways)-1].prefix(c, file), "true")
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return strings.TrimSpace(strings.SplitN(string(out)+err.Error(), "\n", 2)[0])
	}
	return ""
}

// calibrateStorm finds how much computing after each fault makes the rate of all threads what it should be.
func calibrateStorm(c *config, threads int) (int, error) {
	const faults, probe, target = 100000, 1500, 1e9 / stormRate
	perFault := func(work int) (float64, error) {
		best := 0.0
		for i := 0; i < 3; i++ {
			t, err := runSample(filepath.Join(c.samples, "storm"), "-faults", strconv.Itoa(faults),
				"-work", strconv.Itoa(work), "-threads", strconv.Itoa(threads))
			if err != nil {
				return 0, err
			}
			if ns := float64(t.ElapsedNs) / faults; best == 0 || ns < best {
				best = ns
			}
		}
		return best, nil
	}
	base, err := perFault(0)
	if err != nil {
		return 0, err
	}
	loaded, err := perFault(probe)
	if err != nil {
		return 0, err
	}
	if base >= target || loaded <= base {
		fmt.Printf("this machine needs %.0f ns for a fault: the storm is below %d faults/s\n", base, stormRate)
		return 0, nil
	}
	return int((target - base) / (loaded - base) * probe), nil
}

// watch runs the sample once in one way and adds the result to s.
func watch(c *config, w *way, sample []string, s *slowdown) error {
	file := filepath.Join(c.scratch, "run.rec")
	defer os.Remove(file)
	t, err := runSample(append(w.prefix(c, file), sample...)...)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, t)
	s.Faults += t.MinorFaults
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	s.bytes += info.Size()
	return w.count(c, file, s)
}

// oneRound runs the sample in all ways, each between two bare runs, and returns the last bare run.
func oneRound(c *config, sample []string, all []slowdown, bare truth) (truth, error) {
	for i := range all {
		s := &all[i]
		if s.Skipped != "" {
			continue
		}
		if err := watch(c, &ways[i], sample, s); err != nil {
			return bare, err
		}
		s.before = append(s.before, bare)
		var err error
		if bare, err = runSample(sample...); err != nil {
			return bare, err
		}
		s.after = append(s.after, bare)
	}
	return bare, nil
}

// compareWays runs one sample in all ways, round by round. A machine drifts, so what counts is the ratio
// to its neighbours in time.
func compareWays(c *config, name string, sample []string, noPerf string) ([]slowdown, error) {
	all := make([]slowdown, len(ways))
	for i, w := range ways {
		all[i] = slowdown{Sample: name, Way: w.name, Goal: w.goals[name]}
		if w.name == "perf record" {
			all[i].Skipped = noPerf
		}
	}
	// The first run warms the caches and does not count.
	if _, err := runSample(sample...); err != nil {
		return nil, err
	}
	bare, err := runSample(sample...)
	if err != nil {
		return nil, err
	}
	for round := 0; round < c.rounds; round++ {
		if bare, err = oneRound(c, sample, all, bare); err != nil {
			return nil, err
		}
	}
	for i := range all {
		if all[i].Skipped == "" {
			summarise(&all[i])
		}
	}
	return all, nil
}

func elapsed(t *truth) float64 { return float64(t.ElapsedNs) / 1e9 }

func whole(t *truth) float64 { return float64(t.WallNs) / 1e9 }

// ratiosOf divides the figure of each run by the mean of its two neighbours'.
func ratiosOf(s *slowdown, figure func(*truth) float64) []float64 {
	var all []float64
	for i := range s.runs {
		all = append(all, 2*figure(&s.runs[i])/(figure(&s.before[i])+figure(&s.after[i])))
	}
	return all
}

func ratios(s *slowdown, figure func(*truth) float64) *spread {
	r := describe(ratiosOf(s, figure))
	return &r
}

func summarise(s *slowdown) {
	var bare []float64
	for i := range s.before {
		bare = append(bare, elapsed(&s.before[i]))
	}
	s.MedianSeconds = quantile(sortedCopy(bare), 0.5)
	s.Ratio, s.Whole = ratios(s, elapsed), ratios(s, whole)
	if s.Events > 0 {
		s.BytesPerFault = float64(s.bytes) / float64(s.Events)
	}
}

// samplingRatio is what the sampling of stacks adds to counting: round by round, each run as a ratio to its own
// neighbours.
func samplingRatio(all []slowdown) *spread {
	stacks, counts := &all[wayIndex(stacksWay)], &all[wayIndex(countsWay)]
	above, below := ratiosOf(stacks, elapsed), ratiosOf(counts, elapsed)
	for i := range above {
		above[i] /= below[i]
	}
	r := describe(above)
	return &r
}

func measureSlowdowns(c *config) ([]slowdown, error) {
	noPerf := perfIsMissing(c)
	storm := filepath.Join(c.samples, "storm")
	// Runs of less than a second, and many of them: a machine that is shared is another one a second later.
	faults := strconv.Itoa(stormRate * 2 / 3)
	var all []slowdown
	measure := func(name string, argv ...string) error {
		if !c.wantsSample(name) {
			return nil
		}
		results, err := compareWays(c, name, argv, noPerf)
		if err == nil {
			printSlowdowns(name, results)
			all = append(all, results...)
		}
		return err
	}
	if err := measure("steady", filepath.Join(c.samples, "steady"), "-total-mib", "1280"); err != nil {
		return nil, err
	}
	// One thread leaves the other CPUs to the recorder; a thread on each leaves it none.
	for _, s := range []struct {
		name    string
		threads int
	}{{"storm", 1}, {"wide storm", runtime.NumCPU()}} {
		work, err := calibrateStorm(c, s.threads)
		if err != nil {
			return nil, err
		}
		if err := measure(s.name, storm, "-threads", strconv.Itoa(s.threads), "-faults", faults, "-work",
			strconv.Itoa(work)); err != nil {
			return nil, err
		}
	}
	return all, nil
}
