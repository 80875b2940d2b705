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
