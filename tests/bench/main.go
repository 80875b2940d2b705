// Command bench measures what gctide costs: the slow-down of a target under each way of recording, next to
// perf, all in one run and in turn; then how fast logs and recordings are read.
//
// Machines drift; so every ratio compares runs of the same round. tools/bench.sh builds what is needed.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// config is the command line.
type config struct {
	gctide        string
	benchSymbols  string
	benchSamplers string
	benchReturns  string
	samples       string
	scratch       string
	rounds        int
	// of the short runs that tell the cost of one fault
	faultRounds int
	// of the short runs that tell the cost of one CPU sample
	sampleRounds int
	// of the runs that tell the cost of one call that gives memory back
	returnRounds int
	// of bench_samplers
	samplerRounds int
	logMB         int
	faults        int
	only          string
	sample        string
}

// machine says where the figures are from; without that they mean nothing.
type machine struct {
	Kernel string `json:"kernel"`
	CPUs   int    `json:"cpus"`
	Go     string `json:"go_version"`
	Gctide string `json:"gctide_version"`
	UserID int    `json:"user_id"`
}

// outcome is the whole result, and the JSON document.
type outcome struct {
	Schema     string        `json:"schema"`
	Machine    machine       `json:"machine"`
	Rounds     int           `json:"rounds"`
	FaultCosts []faultCost   `json:"fault_costs"`
	EventCost  *eventCost    `json:"event_cost"`
	SampleCost *sampleCost   `json:"sample_cost"`
	ReturnCost []returnCost  `json:"return_costs"`
	Slowdowns  []slowdown    `json:"slowdowns"`
	Parse      []logResult   `json:"parse"`
	Report     *bigReport    `json:"report"`
	Fold       []foldResult  `json:"fold"`
	Symbols    *symbolResult `json:"symbols"`
}

func describeMachine(c *config) machine {
	m := machine{CPUs: runtime.NumCPU(), Go: runtime.Version(), UserID: os.Getuid()}
	var u syscall.Utsname
	if syscall.Uname(&u) == nil {
		for _, b := range u.Release {
			if b == 0 {
				break
			}
			m.Kernel += string(rune(b))
		}
	}
	if out, err := exec.Command(c.gctide, "version").Output(); err == nil {
		m.Gctide = strings.TrimSpace(string(out))
	}
	return m
}

func (c *config) wantsSample(name string) bool { return c.sample == "" || c.sample == name }

func (c *config) wants(part string) bool { return c.only == "" || c.only == part }

func measure(c *config, o *outcome) error {
	fmt.Printf("%s, %d CPUs, kernel %s, bench built with %s, user %d\n\n", o.Machine.Gctide,
		o.Machine.CPUs, o.Machine.Kernel, o.Machine.Go, o.Machine.UserID)
	var err error
	if c.wants("faultcost") {
		if o.FaultCosts, err = measureFaultCosts(c); err != nil {
			return err
		}
	}
	if c.wants("samplecost") {
		if o.EventCost, err = measureEventCost(c); err != nil {
			return err
		}
		if o.SampleCost, err = measureSampleCost(c); err != nil {
			return err
		}
	}
	if c.wants("returncost") {
		if o.ReturnCost, err = measureReturnCosts(c); err != nil {
			return err
		}
	}
	if c.wants("slowdown") {
		if o.Slowdowns, err = measureSlowdowns(c); err != nil {
			return err
		}
	}
	if c.wants("parse") {
		if o.Parse, err = measureParse(c); err != nil {
			return err
		}
	}
	if c.wants("report") {
		if o.Report, err = measureReport(c); err != nil {
			return err
		}
	}
	if c.wants("stacks") {
		if o.Fold, err = measureFold(c); err != nil {
			return err
		}
		if o.Symbols, err = measureSymbols(c); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(path string, o *outcome) error {
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

func run() error {
	c := &config{}
	flag.StringVar(&c.gctide, "gctide", "", "the gctide binary")
	flag.StringVar(&c.benchSymbols, "bench-symbols", "", "the program bench_symbols")
	flag.StringVar(&c.benchSamplers, "bench-samplers", "", "the program bench_samplers")
	flag.StringVar(&c.benchReturns, "bench-returns", "", "the program bench_returns")
	flag.IntVar(&c.returnRounds, "return-rounds", 25, "how often each way is run for the cost of one return")
	flag.IntVar(&c.samplerRounds, "sampler-rounds", 1600, "how often each way is run for the cost of perf events")
	flag.StringVar(&c.samples, "samples", "", "directory with the built samples")
	flag.IntVar(&c.rounds, "rounds", 30, "how often each way is run")
	flag.IntVar(&c.faultRounds, "fault-rounds", 60, "how often each way is run for the cost of one fault")
	flag.IntVar(&c.sampleRounds, "sample-rounds", 80, "how often each rate is run for the cost of one CPU sample")
	flag.IntVar(&c.logMB, "log-mb", 512, "size of the log to parse, in 10^6 bytes")
	flag.IntVar(&c.faults, "report-faults", 10000000, "faults in the recording to report on")
	flag.StringVar(&c.only, "only", "", "measure one part: faultcost, samplecost, returncost, slowdown, parse, report or stacks")
	flag.StringVar(&c.sample, "sample", "", "slow down one sample only: steady, storm or \"wide storm\"")
	jsonFile := flag.String("json", "", "write the figures to this file, too")
	flag.Parse()
	if c.gctide == "" || c.samples == "" || c.rounds < 1 || c.faultRounds < 1 || c.sampleRounds < 1 {
		return fmt.Errorf("-gctide and -samples are needed, and at least one round")
	}
	var err error
	if c.gctide, err = filepath.Abs(c.gctide); err != nil {
		return err
	}
	if c.scratch, err = os.MkdirTemp("", "gctide-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.scratch)
	o := &outcome{Schema: "gctide.benchmark/1", Machine: describeMachine(c), Rounds: c.rounds}
	if err := measure(c, o); err != nil {
		return err
	}
	if *jsonFile != "" {
		return writeJSON(*jsonFile, o)
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
