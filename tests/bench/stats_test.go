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
