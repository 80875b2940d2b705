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

// printShare compares the extra cost with perf's, where that is more than the noise: a share of nothing says
// nothing.
func printShare(what string, record, perf *spread) {
	switch {
	case record == nil || perf == nil:
	case perf.Low <= 1:
		fmt.Printf("  share of perf's extra cost, %s: not told, perf's is within the noise of these rounds\n", what)
	default:
		share := (record.Median - 1) / (perf.Median - 1)
		fmt.Printf("  share of perf's extra cost, %s: %.2f; goal <= 0.50: %s\n", what, share, met(share <= 0.5))
	}
}

func printWay(s *slowdown) {
	if s.Skipped != "" {
		fmt.Printf("  %-12s skipped: %s\n", s.Way, s.Skipped)
		return
	}
	r := s.Ratio
	density, lost, undisturbed := "-", "unknown", "-"
	if s.Events > 0 {
		density = fmt.Sprintf("%.1f", s.BytesPerFault)
	}
	if s.Lost >= 0 {
		lost = fmt.Sprint(s.Lost)
	}
	if s.Undisturbed != nil {
		undisturbed = fmt.Sprintf("%.3f (%+.0f ns)", s.Undisturbed.Median, s.ExtraNs)
	}
	fmt.Printf("  %-12s %7.3f  %.3f .. %.3f  %.3f .. %.3f  %-17s  %7s  %9s  %s\n", s.Way, r.Median, r.Low,
		r.High, r.Q1, r.Q3, undisturbed, density, lost, verdict(r, s.Goal))
}

func printSlowdowns(sample string, all []slowdown) {
	record, counts, perf := &all[0], &all[1], &all[2]
	rate := float64(record.Faults) / float64(len(record.runs)) / record.MedianSeconds
	fmt.Printf("%s: bare %.2f s, %.0f faults/s; time as a ratio to the bare runs before and after, %d rounds\n",
		sample, record.MedianSeconds, rate, len(record.runs))
	fmt.Printf("  %-12s %7s  %-15s %-15s  %-17s  %7s  %9s\n", "", "median", "95 % interval", "quartiles",
		"each fault alone", "B/fault", "lost")
	for i := range all {
		printWay(&all[i])
	}
	printShare("as it comes", record.Ratio, perf.Ratio)
	printShare("as it comes, each fault alone", record.Undisturbed, perf.Undisturbed)
	printShare("counts only, each fault alone", counts.Undisturbed, perf.Undisturbed)
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
