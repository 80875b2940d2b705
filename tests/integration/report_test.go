package integration

import (
	"encoding/json"
	"strings"
	"testing"
)

// truth is the line that a sample prints; samples/internal/truth has the meaning of the fields.
type truth struct {
	Name             string                 `json:"name"`
	GoVersion        string                 `json:"go_version"`
	PID              int64                  `json:"pid"`
	NumGC            int64                  `json:"num_gc"`
	NumForcedGC      int64                  `json:"num_forced_gc"`
	PauseTotalNs     int64                  `json:"pause_total_ns"`
	PauseNs          []int64                `json:"pause_ns"`
	PauseEnd         []int64                `json:"pause_end"`
	MinorFaults      int64                  `json:"minor_faults"`
	ChildMinorFaults int64                  `json:"child_minor_faults"`
	UserNs           int64                  `json:"user_ns"`
	SystemNs         int64                  `json:"system_ns"`
	PeakRSSBytes     int64                  `json:"peak_rss_bytes"`
	WallNs           int64                  `json:"wall_ns"`
	Extra            map[string]interface{} `json:"extra"`
}

// extra is a number that only one sample tells.
func (tr *truth) extra(t *testing.T, key string) int64 {
	t.Helper()
	value, ok := tr.Extra[key].(float64)
	if !ok {
		t.Fatalf("the truth of %s has no %s", tr.Name, key)
	}
	return int64(value)
}

// ofCycle is a cycle's entry of one of the rings, which hold the last ones, the oldest first.
func (tr *truth) ofCycle(ring []int64, number int64) (int64, bool) {
	at := number - 1 - (tr.NumGC - int64(len(ring)))
	if at < 0 || at >= int64(len(ring)) {
		return 0, false
	}
	return ring[at], true
}

// report is gctide.report/1, as far as the tests read it. A nil pointer is null or absent: unknown.
type report struct {
	Schema string `json:"schema"`
	Target struct {
		Argv          []string `json:"argv"`
		PID           *int64   `json:"pid"`
		GoVersion     *string  `json:"go_version"`
		ExitStatus    *int64   `json:"exit_status"`
		TermSignal    *int64   `json:"term_signal"`
		GODEBUG       *string  `json:"godebug"`
		ReleaseAdvice *string  `json:"release_advice"`
	} `json:"target"`
	Time struct {
		StartUnixNs      *int64   `json:"start_unix_ns"`
		StartMonotonicNs *int64   `json:"start_monotonic_ns"`
		WallSeconds      *float64 `json:"wall_seconds"`
	} `json:"time"`
	Sources []source `json:"sources"`
	GC      struct {
		CycleCount  *int64   `json:"cycle_count"`
		ForcedCount *int64   `json:"forced_count"`
		CPUFraction *float64 `json:"cpu_fraction"`
		Pause       pause    `json:"pause"`
	} `json:"gc"`
	Faults struct {
		MinorCount    *int64 `json:"minor_count"`
		MajorCount    *int64 `json:"major_count"`
		RecordedCount *int64 `json:"recorded_count"`
		SamplePeriod  *int64 `json:"sample_period"`
	} `json:"faults"`
	Memory struct {
		RSSPeakBytes *int64 `json:"rss_peak_bytes"`
		RSSMeanBytes *int64 `json:"rss_mean_bytes"`
		SampleCount  *int64 `json:"sample_count"`
	} `json:"memory"`
	CPU struct {
		UserSeconds   *float64 `json:"user_seconds"`
		SystemSeconds *float64 `json:"system_seconds"`
	} `json:"cpu"`
	Observer struct {
		CPUSeconds     *float64 `json:"cpu_seconds"`
		RSSPeakBytes   *int64   `json:"rss_peak_bytes"`
		RecordingBytes *int64   `json:"recording_bytes"`
		LongestStallNs *int64   `json:"longest_stall_ns"`
	} `json:"observer"`
	Losses struct {
		PerfLost     *int64 `json:"perf_lost_count"`
		Throttle     *int64 `json:"throttle_count"`
		UnparsedLine *int64 `json:"unparsed_line_count"`
		ForeignCycle *int64 `json:"foreign_cycle_count"`
		MissingCycle *int64 `json:"missing_cycle_count"`
	} `json:"losses"`
	Findings []struct {
		Key, Severity, Evidence, Advice string
	} `json:"findings"`
	Cycles []cycle `json:"cycles"`

	raw map[string]interface{}
}

type source struct {
	Name, State, Detail string
}

type pause struct {
	Source  string `json:"source"`
	Count   *int64 `json:"count"`
	P50     *int64 `json:"p50_ns"`
	P90     *int64 `json:"p90_ns"`
	P99     *int64 `json:"p99_ns"`
	Max     *int64 `json:"max_ns"`
	TotalNs *int64 `json:"total_ns"`
}

type cycle struct {
	Number           int64  `json:"number"`
	Forced           bool   `json:"forced"`
	StartNs          *int64 `json:"start_ns"`
	EndNs            *int64 `json:"end_ns"`
	SweepTermination int64  `json:"sweep_termination_ns"`
	MarkNs           int64  `json:"mark_ns"`
	MarkTermination  int64  `json:"mark_termination_ns"`
	PauseTotalNs     int64  `json:"pause_total_ns"`
	AssistCPUNs      *int64 `json:"assist_cpu_ns"`
	DedicatedCPUNs   *int64 `json:"dedicated_cpu_ns"`
	IdleCPUNs        *int64 `json:"idle_cpu_ns"`
	HeapStartBytes   int64  `json:"heap_start_bytes"`
	HeapEndBytes     int64  `json:"heap_end_bytes"`
	HeapLiveBytes    int64  `json:"heap_live_bytes"`
	GoalBytes        *int64 `json:"goal_bytes"`
	StacksBytes      *int64 `json:"stacks_bytes"`
	GlobalsBytes     *int64 `json:"globals_bytes"`
	Procs            *int64 `json:"procs"`
	ReturnedBytes    *int64 `json:"returned_bytes"`
}

func decodeReport(t *testing.T, text string) *report {
	t.Helper()
	r := &report{}
	if err := json.Unmarshal([]byte(text), r); err != nil {
		t.Fatalf("the report is not the JSON that was agreed: %v\n%.2000s", err, text)
	}
	if err := json.Unmarshal([]byte(text), &r.raw); err != nil {
		t.Fatal(err)
	}
	if r.Schema != "gctide.report/1" {
		t.Fatalf("schema is %q", r.Schema)
	}
	return r
}

// at looks a dotted path up in the raw document; the second result tells whether the name is there.
func (r *report) at(path string) (interface{}, bool) {
	var value interface{} = r.raw
	for _, name := range strings.Split(path, ".") {
		object, ok := value.(map[string]interface{})
		if !ok {
			return nil, false
		}
		if value, ok = object[name]; !ok {
			return nil, false
		}
	}
	return value, true
}

// source finds a source by name.
func (r *report) source(t *testing.T, name string) source {
	t.Helper()
	for _, s := range r.Sources {
		if s.Name == name {
			return s
		}
	}
	t.Errorf("no source is called %s: %+v", name, r.Sources)
	return source{}
}

// equal fails unless a figure is known and has the value.
func equal(t *testing.T, what string, got *int64, want int64) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is unknown, want %d", what, want)
	} else if *got != want {
		t.Errorf("%s is %d, want %d", what, *got, want)
	}
}

// near fails unless a figure is known and no further from want than share of it, or than floor.
func near(t *testing.T, what string, got *int64, want int64, share float64, floor int64) {
	t.Helper()
	allowed := int64(share * float64(want))
	if allowed < floor {
		allowed = floor
	}
	if got == nil {
		t.Errorf("%s is unknown, want about %d", what, want)
	} else if *got < want-allowed || *got > want+allowed {
		t.Errorf("%s is %d, want %d within %d", what, *got, want, allowed)
	}
}

// text is a string that may be unknown.
func text(s *string) string {
	if s == nil {
		return "unknown"
	}
	return *s
}
