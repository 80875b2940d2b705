package main

import "fmt"

// verdict puts a goal and whether it was met beside a figure. A goal inside the interval is
// called close: this many rounds cannot tell.
func verdict(r *spread, goal float64) string {
	switch {
	case goal == 0:
		return ""
	case r.High <= goal:
		return fmt.Sprintf("goal <= %.2f: met", goal)
	case r.Median <= goal:
		return fmt.Sprintf("goal <= %.2f: met, but close", goal)
	case r.Low <= goal:
		return fmt.Sprintf("goal <= %.2f: missed, but close", goal)
	}
	return fmt.Sprintf("goal <= %.2f: missed", goal)
}

func met(yes bool) string {
	if yes {
		return "met"
	}
	return "missed"
}

func mib(bytes int64) string {
	if bytes == 0 {
		return "an unknown number of MiB"
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}

// printShare compares the two extra costs, where perf's is more than the noise: a share of nothing says
// nothing.
func printShare(record, perf *spread) {
	switch {
	case perf == nil:
	case perf.Low <= 1:
		fmt.Println("  perf's own extra cost is within the noise of these rounds: no share of it is told")
	default:
		share := (record.Median - 1) / (perf.Median - 1)
		fmt.Printf("  record's extra cost is %.2f of perf's; goal <= 0.50: %s\n", share, met(share <= 0.5))
	}
}

func printSlowdowns(sample string, all []slowdown) {
	bare := &all[0]
	rate := float64(bare.Faults) / float64(len(bare.seconds)) / bare.MedianSeconds
	fmt.Printf("%s: bare %.2f s, %.0f faults/s; time as a ratio to the bare run of the same round, %d rounds\n",
		sample, bare.MedianSeconds, rate, len(bare.seconds))
	fmt.Printf("  %-12s %7s  %-15s %-15s %6s  %7s  %9s\n", "", "median", "95 % interval", "quartiles",
		"min", "B/fault", "lost")
	for i := range all[1:] {
		s := &all[i+1]
		if s.Skipped != "" {
			fmt.Printf("  %-12s skipped: %s\n", s.Way, s.Skipped)
			continue
		}
		r := s.Ratio
		density := "-"
		if s.Events > 0 {
			density = fmt.Sprintf("%.1f", s.BytesPerFault)
		}
		lost := "unknown"
		if s.Lost >= 0 {
			lost = fmt.Sprint(s.Lost)
		}
		fmt.Printf("  %-12s %7.3f  %.3f .. %.3f  %.3f .. %.3f  %6.3f  %7s  %9s  %s\n", s.Way, r.Median, r.Low,
			r.High, r.Q1, r.Q3, r.Min, density, lost, verdict(r, s.Goal))
	}
	record, perf := &all[1], &all[3]
	printShare(record.Ratio, perf.Ratio)
	if record.Lost >= 0 {
		fmt.Printf("  %d of %d events lost by record; goal 0: %s\n", record.Lost, record.Events+record.Lost,
			met(record.Lost == 0 && record.Events > 0))
	}
	fmt.Println()
}

func printLog(l *logResult) {
	fmt.Printf("parse, %s (%.0f MB, %d lines): %.0f MB/s, %.2f million lines/s, peak memory %s; "+
		"goal >= 500 MB/s: %s\n", l.Name, l.MB, l.Lines, l.MBPerSecond, l.LinesPerSecond/1e6,
		mib(l.Best.PeakRSSBytes), met(l.MBPerSecond >= 500))
	fmt.Printf("  a tenth of it takes %s; wc -l on it: %.0f MB/s; %d of %d cycles found\n",
		mib(l.TenthPeakRSSBytes), l.WcMBPerSecond, l.CyclesFound, l.Cycles)
}

func printReport(b *bigReport) {
	fmt.Printf("\nreport on %d recorded faults (%.0f MB, %.1f bytes each, %d lost, period %d): %.2f s, "+
		"%.2f million events/s, peak memory %s\n", b.Events, float64(b.FileBytes)/1e6,
		float64(b.FileBytes)/float64(b.Events), b.Lost, b.Period, b.Best.WallSeconds,
		b.EventsPerSecond/1e6, mib(b.Best.PeakRSSBytes))
}
