package integration

import (
	"strings"
	"testing"
)

// TestThinningKeepsTheCount: above --max-fault-rate fewer addresses are recorded. The total stays that of getrusage, and the
// change is told everywhere.
func TestThinningKeepsTheCount(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"--max-fault-rate", "1000"}, sample("storm"))
	r.expectStatus(0)
	rep, tr := r.report(), r.truth()
	if s := rep.source(t, "perf.fault-addresses"); s.State != "on" {
		t.Skipf("addresses are %s here: %s", s.State, s.Detail)
	}
	if s := rep.source(t, "perf.page-faults"); s.State == "on" {
		near(t, "minor_count", rep.Faults.MinorCount, tr.MinorFaults, 0.01, 100)
	}
	equal(t, "sample_period", rep.Faults.SamplePeriod, 61)
	if n := rep.Faults.RecordedCount; n == nil || *n == 0 || *n >= tr.MinorFaults/2 {
		t.Errorf("recorded_count is %v of %d", n, tr.MinorFaults)
	}
	changes, _ := rep.raw["fallbacks"].([]interface{})
	if len(changes) == 0 {
		t.Fatal("no fall-back is reported")
	}
	first, _ := changes[0].(map[string]interface{})
	if first["what"] != "perf.fault-addresses" || first["to"] != "every 61st fault" ||
		!strings.Contains(first["reason"].(string), "over the limit of 1000") {
		t.Errorf("the fall-back is %v", first)
	}
	r.expectMessage("over the limit of 1000; from there the address of every 61st fault is recorded")
	shown := r.unwrapped()
	expectWords(t, shown, "at times only every 61st one", "perf.fault-addresses went from every fault to every 61st fault",
		"data.sampled_faults: at times only every 61st fault was recorded with its address")
}

// TestNoThinningOnRequest: 0 means never.
func TestNoThinningOnRequest(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"--max-fault-rate", "0"}, sample("storm"), "-faults", "50000")
	r.expectStatus(0)
	rep := r.report()
	if s := rep.source(t, "perf.fault-addresses"); s.State != "on" {
		t.Skipf("addresses are %s here: %s", s.State, s.Detail)
	}
	equal(t, "sample_period", rep.Faults.SamplePeriod, 1)
}
