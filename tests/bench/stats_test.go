package main

import (
	"math"
	"testing"
)

func TestQuantilesOfFiveNumbers(t *testing.T) {
	s := []float64{1, 2, 4, 8, 16}
	for p, want := range map[float64]float64{0: 1, 0.25: 2, 0.5: 4, 0.75: 8, 1: 16, 0.125: 1.5} {
		if got := quantile(s, p); got != want {
			t.Errorf("quantile(%v) = %v, want %v", p, got, want)
		}
	}
}

func TestIntervalHoldsTheMedianAndNarrowsWithAgreement(t *testing.T) {
	wide := describe([]float64{1.0, 1.5, 0.7, 1.2, 1.1, 0.9, 1.3})
	if wide.Median != 1.1 || wide.Low > 1.1 || wide.High < 1.1 || wide.Low == wide.High || wide.Min != 0.7 {
		t.Errorf("%+v", wide)
	}
	same := describe([]float64{1.25, 1.25, 1.25})
	if same.Low != 1.25 || same.High != 1.25 || math.Abs(same.Median-1.25) > 1e-12 {
		t.Errorf("%+v", same)
	}
}

func TestRatioOfMediansKeepsRoundsTogether(t *testing.T) {
	above, below := []float64{50, 100, 30, 200}, []float64{100, 200, 60, 400}
	if r := describeRatio(above, below); r.Median != 0.5 || r.Low != 0.5 || r.High != 0.5 {
		t.Errorf("half of it in every round is half in every draw: %+v", r)
	}
}

func TestMappedSpreadIsInTheNewUnit(t *testing.T) {
	s := spread{Median: 2, Low: 1, High: 3, Q1: 1.5, Q3: 2.5, Min: 0}
	want := spread{Median: 5, Low: 3, High: 7, Q1: 4, Q3: 6, Min: 1}
	if got := s.mapped(func(x float64) float64 { return 2*x + 1 }); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Three rates, 400 samples more at 40 us each; a disturbed run in each column changes nothing.
func TestSampleCostIsTheExtraTimeOverTheExtraSamples(t *testing.T) {
	cpu := [][]float64{
		{1.00e9, 1.00e9, 1.00e9, 1.70e9},
		{1.01e9, 1.90e9, 1.01e9, 1.01e9},
		{1.026e9, 1.026e9, 2.50e9, 1.026e9},
	}
	samples := [][]float64{{0, 0, 0, 0}, {100, 100, 100, 100}, {500, 500, 500, 500}}
	s := summariseSampleCost(cpu, samples)
	if math.Abs(s.Default.Median-1.01) > 1e-9 || math.Abs(s.Loaded.Median-1.026) > 1e-9 {
		t.Errorf("ratios %v and %v", s.Default.Median, s.Loaded.Median)
	}
	if math.Abs(s.NsPerSample.Median-40000) > 1e-3 || s.Samples != 2000 {
		t.Errorf("%v ns for each of %d", s.NsPerSample.Median, s.Samples)
	}
	if want := 1 + 40000*99/1e9; math.Abs(s.Slowdown.Median-want) > 1e-9 {
		t.Errorf("slow-down %v, want %v", s.Slowdown.Median, want)
	}
}

func TestSamplingIsToldWithoutTheCounting(t *testing.T) {
	costs := make([]faultCost, len(ways))
	costs[wayIndex(countsWay)].extra = []float64{100, 900, 120}
	costs[wayIndex(stacksWay)].extra = []float64{200, 1000, 220}
	if r := samplingSlowdown(costs); math.Abs(r.Median-1.015) > 1e-9 || math.Abs(r.High-1.015) > 1e-9 {
		t.Errorf("%+v", r)
	}
	all := make([]slowdown, len(ways))
	bare := []truth{{ElapsedNs: 100}, {ElapsedNs: 200}}
	for name, ns := range map[string][]int64{countsWay: {110, 220}, stacksWay: {121, 242}} {
		s := &all[wayIndex(name)]
		s.before, s.after = bare, bare
		for _, n := range ns {
			s.runs = append(s.runs, truth{ElapsedNs: n})
		}
	}
	if r := samplingRatio(all); math.Abs(r.Median-1.1) > 1e-9 {
		t.Errorf("%+v", r)
	}
}

func TestEventCostsAreTakenFromTheColumns(t *testing.T) {
	all, err := columns("faults bare 1000 1000\nfaults counts 1010 1010\nfaults stacks 1050 1050\n" +
		"faults record 1200 1200\nfaults perf 1300 1300\ncpu bare 1e6 1e6\ncpu samples 1.05e6 1.05e6\nsamples taken 10 10\n")
	if err != nil {
		t.Fatal(err)
	}
	e := summariseEventCost(all)
	if e.Rounds != 2 || e.PerFault["record"].Median != 200 || e.PerFault["perf"].Median != 300 {
		t.Errorf("%+v", e)
	}
	if e.PerSample.Median != 5000 {
		t.Errorf("a sample takes %v ns", e.PerSample.Median)
	}
	if want := 1 + (40*150000+5000*99)/1e9; math.Abs(e.Sampling.Median-want) > 1e-9 {
		t.Errorf("sampling %v, want %v", e.Sampling.Median, want)
	}
	for _, bad := range []string{"", "faults bare", "faults bare 1 x", "faults bare 1 2\nfaults counts 1"} {
		if _, err := columns(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
