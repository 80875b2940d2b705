package integration

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Experiments: compare, bench and check. Tests that ask for a difference run alone: others beside them would be noise.

const benchstatVersion = "v0.0.0-20260908200009-22c9c6c9d4da"

type comparison struct {
	Metric          string     `json:"metric"`
	Variant         int        `json:"variant"`
	BaseMedian      *float64   `json:"base_median"`
	Median          *float64   `json:"median"`
	BaseRunCount    int        `json:"base_run_count"`
	RunCount        int        `json:"run_count"`
	RatioInterval   []*float64 `json:"difference_ratio_interval"`
	P               *float64   `json:"p"`
	PAdjusted       *float64   `json:"p_adjusted"`
	Verdict         string     `json:"verdict"`
	VerdictText     string     `json:"verdict_text"`
	DifferenceRatio *float64   `json:"difference_ratio"`
	NeededRunCount  *int       `json:"needed_run_count"`
}

type experimentRun struct {
	Variant int                 `json:"variant"`
	State   string              `json:"state"`
	Reason  *string             `json:"reason"`
	Values  map[string]*float64 `json:"values"`
}

type comparisonDocument struct {
	Schema      string          `json:"schema"`
	Seed        int64           `json:"seed"`
	TestCount   int             `json:"test_count"`
	Comparisons []comparison    `json:"comparisons"`
	Runs        []experimentRun `json:"runs"`
}

func reason(r experimentRun) string {
	if r.Reason == nil {
		return ""
	}
	return *r.Reason
}

func (d *comparisonDocument) verdicts() map[string]string {
	all := map[string]string{}
	for _, c := range d.Comparisons {
		all[c.Metric] = c.Verdict
	}
	return all
}

// compareJSON runs gctide compare and reads what it printed.
func (r *run) compareJSON(args ...string) *comparisonDocument {
	r.t.Helper()
	r.gctide(append([]string{"compare", "-f", "json"}, args...)...)
	r.expectStatus(0)
	d := &comparisonDocument{}
	if err := json.Unmarshal([]byte(r.stdout), d); err != nil || d.Schema != "gctide.compare/1" {
		r.t.Fatalf("no comparison: %v: %.300s", err, r.stdout)
	}
	return d
}

// TestCompareFindsWhatIsKnown: twice, in another order each time. Variant 0 returns with MADV_FREE, 1 with MADV_DONTNEED.
func TestCompareFindsWhatIsKnown(t *testing.T) {
	wanted := map[string]string{"refaults": "higher", "faults": "higher", "regret": "higher", "rss_mean": "lower"}
	for _, seed := range []string{"1", "2"} {
		r := newRun(t)
		d := r.compareJSON("--runs", "7", "--warmup", "0", "--seed", seed, "--", sample("bursty"), "-rounds", "4", "-burst-mib", "100",
			"-wait", "120ms")
		verdicts := d.verdicts()
		if verdicts["refaults"] == "unknown" { // nobody sees returns here
			t.Skip("page returns are not seen")
		}
		for metric, verdict := range wanted {
			if verdicts[metric] != verdict {
				t.Errorf("seed %s: %s is %q, not %q", seed, metric, verdicts[metric], verdict)
			}
		}
		for _, c := range d.Comparisons {
			if c.Metric == "refaults" && *c.Median < 3**c.BaseMedian {
				t.Errorf("refaults: %v with MADV_FREE, %v with MADV_DONTNEED", *c.BaseMedian, *c.Median)
			}
			// Without what the kernel may take back at any time, both need as much: a few per cent apart, for smaps is read less
			// often than the rest.
			if strings.HasPrefix(c.Metric, "honest_") && *c.Median < 0.8**c.BaseMedian {
				t.Errorf("seed %s: %s: %v with MADV_FREE, %v with MADV_DONTNEED", seed, c.Metric, *c.BaseMedian, *c.Median)
			}
			// A time, not a count: what else the machine does may scatter it too much for seven runs to be sure, and to say so
			// is right then. The other way round, or the same, it never is.
			if c.Metric == "system" && (*c.Median <= *c.BaseMedian || c.Verdict == "lower" || c.Verdict == "unknown") {
				t.Errorf("seed %s: system time: %v with MADV_FREE, %v with MADV_DONTNEED: %s", seed, *c.BaseMedian, *c.Median, c.VerdictText)
			}
		}
	}
}

// TestCompareShowsNoDifference: a setting that nothing looks at.
func TestCompareShowsNoDifference(t *testing.T) {
	r := newRun(t)
	d := r.compareJSON("--runs", "8", "--warmup", "0", "--alpha", "0.2%", "--vary", "GCTIDE_NOBODY_READS=a,b", "--", sample("forced"), "-gcs", "8")
	shown := 0
	for _, c := range d.Comparisons {
		switch c.Verdict {
		case "not_shown":
			shown++
			if !strings.HasPrefix(c.VerdictText, "no difference shown (") {
				t.Errorf("%s: %q", c.Metric, c.VerdictText)
			}
		case "unknown", "not_decidable":
		default:
			t.Errorf("%s: %s", c.Metric, c.VerdictText)
		}
	}
	if shown < 12 || len(d.Comparisons) != 18 || len(d.Runs) != 16 {
		t.Errorf("%d of %d metrics of %d runs are said to show no difference", shown, len(d.Comparisons), len(d.Runs))
	}
	// Every round has both, and they take turns to be the first.
	first := map[int]int{}
	for i := 0; i < len(d.Runs); i += 2 {
		if d.Runs[i].Variant == d.Runs[i+1].Variant {
			t.Errorf("round %d has the same variant twice", i/2)
		}
		first[d.Runs[i].Variant]++
	}
	if len(first) != 2 {
		t.Error("one variant is always the first")
	}
}

// freePort gives a port that nobody has.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// TestCompareServerUnderLoad: from start to clean stop, in each way of being ready.
func TestCompareServerUnderLoad(t *testing.T) {
	for _, ready := range []string{"port", "line", "file", "slow"} {
		ready := ready
		t.Run(ready, func(t *testing.T) {
			t.Parallel()
			r, port := newRun(t), freePort(t)
			condition := map[string]string{"port": "port:127.0.0.1:" + port, "line": "line:listening on", "slow": "port:" + port,
				"file": "file:" + r.path("ready")}[ready]
			command := []string{sample("server"), "-listen", "127.0.0.1:" + port}
			if ready == "slow" {
				command = append(command, "-slow-start", "400ms")
			}
			if ready == "file" {
				writeFile(t, r, "serve.sh", fmt.Sprintf("(sleep 0.3; touch %s) & exec %s -listen 127.0.0.1:%s", r.path("ready"), sample("server"), port))
				command = []string{"/bin/sh", r.path("serve.sh")}
			}
			load := fmt.Sprintf("%s -connect 127.0.0.1:%s -requests 400", sample("server"), port)
			d := r.compareJSON(append([]string{"--runs", "2", "--warmup", "1", "--keep", "kept", "--load", load, "--ready-when", condition, "--"}, command...)...)
			for i, one := range d.Runs {
				if want := map[bool]string{true: "warmup", false: "good"}[i < 2]; one.State != want || one.Reason != nil {
					t.Errorf("run %d is %s: %v", i+1, one.State, reason(one))
				}
				if cycles := one.Values["cycles"]; ready != "file" && (cycles == nil || *cycles < 2) {
					t.Errorf("run %d has %v cycles", i+1, cycles)
				}
			}
			outputs, _ := filepath.Glob(r.path("kept/*.out"))
			if len(outputs) != 6 {
				t.Errorf("kept: %v", outputs)
			}
			for _, name := range outputs {
				if text, _ := os.ReadFile(name); !strings.Contains(string(text), "served 400") {
					t.Errorf("%s: %q", name, text)
				}
			}
		})
	}
}

// TestFailedRunsAreNoFigures: each failure has its words, and the good runs are counted alone.
func TestFailedRunsAreNoFigures(t *testing.T) {
	port := freePort(t)
	server := sample("server") + " -listen 127.0.0.1:" + port
	good := sample("forced") + " -gcs 3"
	// The second start of a script fails, all others do not.
	flaky := func(r *run, failure string) string {
		writeFile(t, r, "flaky.sh", "n=$(cat n 2>/dev/null || echo 0)\necho $((n+1)) >n\n[ $n -ne 1 ] || "+failure+"\nexec "+good+"\n")
		return "/bin/sh flaky.sh"
	}
	for name, c := range map[string]struct {
		failure string
		why     string
	}{
		"status": {"exit 3", "ended with status 3"},
		"killed": {"kill -9 $$", "killed by signal 9"},
		"panic":  {"exec env GOMEMLIMIT=1G " + good, "ended with status 2: \"fatal error: malformed GOMEMLIMIT"},
		"words":  {"{ echo out of cheese >&2; exit 1; }", "ended with status 1: \"out of cheese\""},
	} {
		name, c := name, c
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			d := r.compareJSON("--runs", "3", "--warmup", "0", "--a", good, "--b", flaky(r, c.failure))
			failed := 0
			for _, one := range d.Runs {
				if one.State == "failed" {
					failed++
					if one.Variant != 1 || one.Reason == nil || !strings.Contains(*one.Reason, c.why) {
						t.Errorf("variant %d failed: %v", one.Variant, *one.Reason)
					}
				}
			}
			if failed != 1 || d.Comparisons[0].RunCount != 2 || d.Comparisons[0].BaseRunCount != 3 {
				t.Errorf("%d failed, n=%d/%d", failed, d.Comparisons[0].BaseRunCount, d.Comparisons[0].RunCount)
			}
		})
	}
	for name, c := range map[string]struct {
		args []string
		why  string
	}{
		"always":      {[]string{"--a", good, "--b", "/bin/sh -c 'exit 4'"}, "every run of '/bin/sh -c 'exit 4'' failed, the last one: ended with status 4"},
		"not ready":   {[]string{"--load", "true", "--ready-when", "line:never", "--ready-timeout", "200ms", "--", sample("server"), "-listen", "127.0.0.1:0"}, "it was not ready in time"},
		"bad load":    {[]string{"--load", "exit 7", "--", sample("server"), "-listen", "127.0.0.1:0"}, "its load ended with status 7"},
		"stubborn":    {[]string{"--load", "sleep 0.3", "--stop-timeout", "300ms", "--", sample("server"), "-listen", "127.0.0.1:0", "-stubborn"}, "it did not end after SIGTERM, and was killed"},
		"ended first": {[]string{"--load", "sleep 30", "--", sample("forced"), "-gcs", "3"}, "it ended before its load did"},
	} {
		name, c := name, c
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			r.gctide(append([]string{"compare", "--runs", "2", "--warmup", "0"}, c.args...)...)
			r.expectStatus(1)
			expectWords(t, r.stderr, "every run of")
			expectWords(t, r.stdout+r.stderr, c.why)
			if left := r.left(); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	t.Run("taken port", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Skip(err)
		}
		defer l.Close()
		r := newRun(t)
		r.gctide("compare", "--load", "true", "--ready-when", "port:127.0.0.1:"+port, "--a", server, "--b", server)
		r.expectStatus(1)
		expectWords(t, r.stderr, "accepts connections before the target was started")
	})
}

// TestInterruptedCompare: what ran is told, nothing is left running, and no file of ours stays.
func TestInterruptedCompare(t *testing.T) {
	// a script's shell starts what goes to the background with SIGINT ignored
	for name, before := range map[string]string{"by a key": "trap - INT", "in the background": "trap '' INT"} {
		before := before
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkInterruptedCompare(t, before)
		})
	}
}

func checkInterruptedCompare(t *testing.T, before string) {
	t.Helper()
	r := newRun(t)
	if err := os.Mkdir(r.path("tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	r.env = []string{"TMPDIR=" + r.path("tmp")}
	r.start("/bin/sh", "-c", before+`; exec "$@"`, "sh", built.gctide, "compare", "--runs", "50", "--warmup", "0", "--",
		sample("forced"), "-gcs", "20")
	waitFor(t, "some runs", func() bool {
		list, _ := filepath.Glob(r.path("tmp/*/*.rec"))
		return len(list) > 4
	})
	_ = syscall.Kill(r.cmd.Process.Pid, syscall.SIGINT)
	r.wait()
	r.expectStatus(1)
	expectWords(t, r.stderr, "interrupted: this is of the runs up to there")
	expectWords(t, r.stdout, "wall time")
	waitFor(t, "the end of what it started", func() bool { return len(r.left()) == 0 })
	if list, _ := filepath.Glob(r.path("tmp/*")); len(list) != 0 {
		t.Errorf("left: %v", list)
	}
}

// TestCompareRecordings: the same runs, read again, give the same figures.
func TestCompareRecordings(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	made := r.compareJSON("--runs", "4", "--seed", "5", "--keep", "kept", "--", sample("forced"), "-gcs", "10")
	for _, v := range []string{"a", "b"} {
		if err := os.Mkdir(r.path(v), 0o777); err != nil {
			t.Fatal(err)
		}
		list, _ := filepath.Glob(r.path("kept/*-" + v + ".rec"))
		for _, name := range list {
			if err := os.Rename(name, filepath.Join(r.path(v), filepath.Base(name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	again := r.compareJSON("--seed", "5", "a", "b")
	for i, c := range made.Comparisons {
		if c.VerdictText != again.Comparisons[i].VerdictText || c.RunCount != again.Comparisons[i].RunCount || c.Metric == "wall" && c.RunCount != 4 {
			t.Errorf("%s: %q of %d runs, again %q", c.Metric, c.VerdictText, c.RunCount, again.Comparisons[i].VerdictText)
		}
	}
	one, _ := filepath.Glob(r.path("a/run-*.rec"))
	other, _ := filepath.Glob(r.path("b/run-*.rec"))
	single := r.compareJSON(one[0], other[0])
	if v := single.verdicts()["wall"]; v != "not_decidable" {
		t.Errorf("of one run each the verdict is %q", v)
	}
	r.gctide("compare", "--keep", "kept", "--", sample("forced"))
	r.expectStatus(1)
	r.expectMessage("'kept' is not empty")
}

// TestNoisyMachineIsTold: of a process that computes beside the runs.
func TestNoisyMachineIsTold(t *testing.T) {
	busy := exec.Command("/bin/sh", "-c", "while :; do :; done")
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = busy.Process.Kill()
		_ = busy.Wait()
	}()
	r := newRun(t)
	r.gctide("compare", "--runs", "2", "--warmup", "0", "--", sample("witness"), "-wait", "600ms")
	r.expectStatus(0)
	expectWords(t, r.stdout, "noisy        other processes used")
}

// TestCompareThree: each of the others against the first.
func TestCompareThree(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	d := r.compareJSON("--runs", "5", "--warmup", "0", "--vary", "GOGC=25,100,400", "--", sample("steady"), "-total-mib", "200", "-live-mib", "8")
	if len(d.Comparisons) != 36 || len(d.Runs) != 15 {
		t.Fatalf("%d comparisons of %d runs", len(d.Comparisons), len(d.Runs))
	}
	for _, c := range d.Comparisons {
		if c.Metric == "cycles" && c.Verdict != "lower" {
			t.Errorf("cycles of variant %d: %s", c.Variant, c.VerdictText)
		}
	}
	r.gctide("compare", "--runs", "4", "--warmup", "0", "--vary", "GOGC=25,100,400", "--", sample("forced"), "-gcs", "3")
	r.expectStatus(0)
	expectWords(t, r.stdout, "GOGC=25: 4 runs", "B against A", "C against A")
}

// TestLoadHasTheUsersEnvironment: what varies is the target, not who puts it under load.
func TestLoadHasTheUsersEnvironment(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.compareJSON("--runs", "1", "--warmup", "0", "--keep", "kept", "--vary", "GOGC=33,44", "--load", "echo load has GOGC=$GOGC.; sleep 0.2", "--",
		sample("server"), "-listen", "127.0.0.1:0")
	outputs, _ := filepath.Glob(r.path("kept/*.out"))
	for _, name := range outputs {
		if text, _ := os.ReadFile(name); !strings.Contains(string(text), "load has GOGC=.") {
			t.Errorf("%s: %q", name, text)
		}
	}
	if len(outputs) != 2 {
		t.Errorf("kept: %v", outputs)
	}
}

func TestRunsAuto(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	d := r.compareJSON("--runs", "auto", "--warmup", "0", "--effect", "400%", "--", sample("forced"), "-gcs", "5")
	if n := len(d.Runs); n < 12 || n > 80 || n%2 != 0 {
		t.Errorf("auto made %d runs", n)
	}
}

// benchstat installs the real one, when Go can.
func benchstat(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("benchstat"); err == nil {
		return path
	}
	dir := filepath.Join(consumersDir(t), "benchstat")
	path := filepath.Join(dir, "benchstat")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	cmd := exec.Command(built.goCmd, "install", "golang.org/x/perf/cmd/benchstat@"+benchstatVersion)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod", "GOTOOLCHAIN=auto")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("benchstat cannot be installed: %v: %s", err, lastLine(string(text)))
	}
	return path
}

// TestBenchstatReadsTheGrid: two outputs, and the difference between them in its own words.
func TestBenchstatReadsTheGrid(t *testing.T) {
	t.Parallel()
	tool := benchstat(t)
	r := newRun(t)
	for _, c := range []struct{ file, mib string }{{"small.txt", "60"}, {"large.txt", "120"}} {
		r.gctide("bench", "--gogc", "50", "--runs", "6", "--warmup", "0", "-f", "benchstat", "-o", c.file, "--", sample("bursty"), "-rounds", "1",
			"-burst-mib", c.mib, "-wait", "0s")
		r.expectStatus(0)
	}
	out, stderr, err := output(patience, tool, r.path("small.txt"), r.path("large.txt"))
	if err != nil {
		t.Fatalf("benchstat: %v: %s", err, stderr)
	}
	for _, words := range []string{"rss-peak", "pause-p99", "gc-cpu", "Bursty/gogc=50", "p=0.002 n=6"} {
		if !strings.Contains(out, words) {
			t.Errorf("benchstat does not say %q:\n%s", words, out)
		}
	}
	// Its p is ours: the same test, exact, over the same values.
	if !strings.Contains(out, "B/rss-peak") || strings.Contains(stderr, "B/rss-peak") {
		t.Errorf("benchstat says of the unit: %s", stderr)
	}
}

type gridDocument struct {
	Schema string `json:"schema"`
	Cells  []struct {
		Gogc       *string             `json:"gogc"`
		Gomemlimit *string             `json:"gomemlimit"`
		RunCount   int                 `json:"run_count"`
		OnFront    bool                `json:"is_on_front"`
		Medians    map[string]*float64 `json:"medians"`
		Pauses     struct {
			Count     int64              `json:"count"`
			P99       *int64             `json:"p99_ns"`
			Histogram []map[string]int64 `json:"histogram"`
		} `json:"pauses"`
	} `json:"cells"`
}

// TestBenchGrid: more GOGC, fewer cycles; pauses are those of all runs; some setting is on the front.
func TestBenchGrid(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.gctide("bench", "--gogc", "50,400", "--gomemlimit", "off,70MiB", "--runs", "2", "--warmup", "1", "-o", "grid.json", "--", sample("steady"),
		"-total-mib", "400", "-live-mib", "16")
	r.expectStatus(0)
	var d gridDocument
	if err := json.Unmarshal([]byte(r.read("grid.json")), &d); err != nil || d.Schema != "gctide.bench/1" || len(d.Cells) != 4 {
		t.Fatalf("no grid: %v", err)
	}
	front := 0
	for i, c := range d.Cells {
		var sum int64
		for _, b := range c.Pauses.Histogram {
			sum += b["count"]
		}
		if c.RunCount != 2 || c.Gogc == nil || c.Gomemlimit == nil || sum != c.Pauses.Count || c.Pauses.P99 == nil {
			t.Errorf("cell %d: %d runs, %d of %d pauses in the histogram", i, c.RunCount, sum, c.Pauses.Count)
		}
		if c.OnFront {
			front++
		}
	}
	if often, seldom := *d.Cells[0].Medians["cycles"], *d.Cells[2].Medians["cycles"]; often <= 2*seldom {
		t.Errorf("%v cycles with GOGC=50, %v with 400", often, seldom)
	}
	if front == 0 {
		t.Error("nothing is on the front")
	}
}

// TestExperimentPages: in a browser, without an error, every run to be seen, markup as text.
func TestExperimentPages(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	if _, err := output1(r, "compare", "--runs", "5", "--warmup", "0", "-o", "c.html", "--a", "'X=<b>x</b>' "+sample("forced")+" -gcs 10", "--b",
		sample("bursty")+" -rounds 1 -burst-mib 40"); err != nil {
		t.Fatal(err)
	}
	result := watched(t, r.path("c.html"), `
	result.title = text(document.querySelector('h1'));
	result.bold = document.querySelectorAll('h1 b, .variant b').length;
	result.dots = document.querySelectorAll('#metrics tr:nth-child(2) circle').length;
	result.rows = document.querySelectorAll('#metrics tr').length;
	result.ink = ['track-rss', 'track-live', 'track-faults'].map(inked);
	result.tip = text(document.querySelector('#metrics circle title'));
	by('theme').click();
	result.theme = document.documentElement.dataset.theme;
	by('theme').click();
	result.back = document.documentElement.dataset.theme;
	const box = by('track-rss').querySelector('.chart');
	const before = charts[0].graph.xAxisRange();
	charts[0].graph.updateOptions({ dateWindow: [before[0], (before[0] + before[1]) / 2] });
	result.synced = charts[1].graph.xAxisRange()[1] < before[1] * 0.75;
`)
	if errors := fmt.Sprint(result["errors"]); errors != "[]" {
		t.Errorf("the page says %s", errors)
	}
	if !strings.Contains(fmt.Sprint(result["title"]), "<b>x</b>") || result["bold"] != 0.0 {
		t.Errorf("markup: %v, %v", result["title"], result["bold"])
	}
	if result["dots"] != 10.0 || result["rows"] != 19.0 || result["synced"] != true || result["theme"] == result["back"] {
		t.Errorf("the page has %v", result)
	}
	for i, ink := range result["ink"].([]interface{}) {
		if ink.(float64) < 100 {
			t.Errorf("chart %d has %v pixels", i, ink)
		}
	}
	if tip := fmt.Sprint(result["tip"]); !strings.HasPrefix(tip, "run ") {
		t.Errorf("a dot says %q", tip)
	}

	r.gctide("bench", "--gogc", "50,100,off", "--gomemlimit", "off,60MiB", "--runs", "1", "--warmup", "0", "-o", "b.html", "--", sample("bursty"), "-rounds", "1",
		"-burst-mib", "40", "-wait", "0s")
	r.expectStatus(0)
	result = watched(t, r.path("b.html"), `
	result.cells = document.querySelectorAll('#heat td.cell').length;
	result.front = document.querySelectorAll('#heat td.front').length;
	result.points = document.querySelectorAll('#pareto circle').length;
	result.before = text(document.querySelector('#heat td.cell'));
	by('metric').value = 'rss_peak';
	by('metric').dispatchEvent(new Event('change'));
	result.after = text(document.querySelector('#heat td.cell'));
	result.bars = document.querySelectorAll('svg.histogram rect').length;
`)
	if errors := fmt.Sprint(result["errors"]); errors != "[]" {
		t.Errorf("the page says %s", errors)
	}
	if result["cells"] != 6.0 || result["points"] != 6.0 || result["front"] == 0.0 || result["bars"] == 0.0 || result["before"] == result["after"] ||
		!strings.Contains(fmt.Sprint(result["after"]), "MiB") {
		t.Errorf("the page has %v", result)
	}
}

// output1 runs gctide and gives what it printed.
func output1(r *run, args ...string) (string, error) {
	r.gctide(args...)
	if r.status != 0 {
		return "", fmt.Errorf("status %d: %s", r.status, r.stderr)
	}
	return r.stdout, nil
}

// TestCheckLimits: over one recording, each limit once kept and once not.
func TestCheckLimits(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"--madvdontneed", "1"}, sample("bursty"), "-rounds", "3", "-burst-mib", "60")
	r.expectStatus(0)
	rep := r.report()
	limits := []struct{ option, kept, broken string }{
		{"--max-pause", "10s", "1ns"}, {"--max-rss-peak", "4GiB", "1MiB"}, {"--max-gc-cpu", "99%", "0"}, {"--max-regret", "100%", "0"},
	}
	for _, l := range limits {
		if l.option == "--max-regret" && rep.source(t, returnsSource(rep)).State != "on" {
			continue
		}
		sub := r.inspect("check", l.option, l.kept)
		sub.expectStatus(0)
		expectWords(t, sub.stdout, "passed", l.option[2:])
		sub = r.inspect("check", l.option, l.broken)
		sub.expectStatus(1)
		expectWords(t, sub.stdout, "failed", l.option[2:])
	}
	many := newRun(t).record(nil, sample("forced"), "-gcs", "60") // 120 pauses
	many.expectStatus(0)
	many.inspect("check", "--max-pause-p99", "10s").expectStatus(0)
	many.inspect("check", "--max-pause-p99", "1ns").expectStatus(1)
	few := newRun(t).record(nil, sample("forced"), "-gcs", "5")
	few.expectStatus(0)
	few.inspect("check", "--max-pause-p99", "10s").expectStatus(4)
	// All that is broken is told, not the first alone.
	sub := r.inspect("check", "--max-pause", "1ns", "--max-rss-peak", "1MiB", "--max-gc-cpu", "99%")
	sub.expectStatus(1)
	expectWords(t, sub.stdout, "gate: failed (1 passed, 2 failed, 0 incomplete)")
	// Over a baseline: itself, in both forms.
	sub = r.inspect("check", "--max-rss-peak", "4GiB", "-f", "json")
	sub.expectStatus(0)
	writeFile(t, r, "base.json", sub.stdout)
	for _, base := range []string{"base.json", "run.rec"} {
		r.inspect("check", "--baseline", r.path(base), "--max-increase", "rss_peak=0,faults=0%").expectStatus(0)
	}
	writeFile(t, r, "base.json", strings.Replace(sub.stdout, `"faults": `, `"faults": 1e-9, "x": `, 1))
	r.inspect("check", "--baseline", r.path("base.json"), "--max-increase", "rss_peak=0,faults=5%").expectStatus(1)
	// A recording that stops early: above is above, below is not known.
	whole := r.read("run.rec")
	writeFile(t, r, "cut.rec", whole[:len(whole)*2/3])
	for _, c := range []struct {
		limit  string
		status int
	}{{"4GiB", 4}, {"1MiB", 1}} {
		cut := r.again()
		cut.gctide("check", "--max-rss-peak", c.limit, r.path("cut.rec"))
		cut.expectStatus(c.status)
	}
}

// TestSettingsThatDoNotArriveAreTold: what starts the program clears the environment, so that no line is no proof of no
// collection; where gctrace arrives in another way there is nothing to tell.
func TestSettingsThatDoNotArriveAreTold(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, "env", "-i", sample("forced"), "-gcs", "10")
	r.expectStatus(0)
	rep := r.report()
	if s := rep.source(t, "gctrace"); s.State != "off" || !strings.Contains(s.Detail, "did not reach the program") {
		t.Errorf("gctrace is %+v", s)
	}
	if rep.GC.CycleCount != nil {
		t.Errorf("%d cycles, and no line could be seen", *rep.GC.CycleCount)
	}
	sub := r.inspect("check", "--max-gc-cpu", "100%", "--max-pause", "10s")
	sub.expectStatus(4)
	sub = r.inspect("report")
	expectWords(t, sub.stdout, "target.no_cycles", "did not reach the program")

	r = newRun(t).record(nil, "env", "-i", "GODEBUG=gctrace=2", sample("forced"), "-gcs", "10")
	r.expectStatus(0)
	rep = r.report()
	if s := rep.source(t, "gctrace"); s.State != "on" {
		t.Errorf("gctrace is %+v", s)
	}
	if rep.GC.CycleCount == nil || *rep.GC.CycleCount == 0 {
		t.Error("gctrace=2 prints lines, and there is no cycle")
	}
}

// TestCheckFormats: real readers of XML; the lines of workflow commands.
func TestCheckFormats(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("forced"), "-gcs", "5")
	r.expectStatus(0)
	sub := r.inspect("check", "--max-rss-peak", "1KiB", "--max-gc-cpu", "100%", "--max-heap-growth", "1MiB/min", "-f", "junit")
	sub.expectStatus(1)
	var suites struct {
		Suites []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
				Error *struct {
					Message string `xml:"message,attr"`
				} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(sub.stdout), &suites); err != nil || len(suites.Suites) != 1 {
		t.Fatalf("no XML: %v: %s", err, sub.stdout)
	}
	s := suites.Suites[0]
	if s.Tests != 3 || s.Failures != 1 || s.Errors != 1 || len(s.Cases) != 3 || s.Cases[0].Failure == nil || s.Cases[2].Error == nil {
		t.Errorf("the suite is %+v", s)
	}
	sub = r.inspect("check", "--max-rss-peak", "1KiB", "--max-heap-growth", "1MiB/min", "-f", "github")
	sub.expectStatus(1)
	lines := strings.Split(strings.TrimSpace(sub.stdout), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "::error title=gctide failed max-rss-peak::") ||
		!strings.HasPrefix(lines[1], "::error title=gctide incomplete max-heap-growth::") {
		t.Errorf("annotations: %q", lines)
	}
}

// TestCheckFindsALeak: of a known size, by the live heap and by RSS; none in a steady program; and one second is too short to say.
func TestCheckFindsALeak(t *testing.T) {
	for _, c := range []struct {
		name    string
		command []string
		status  int
		words   []string
	}{
		{"leak", []string{sample("leaky"), "-mib-per-min", "240", "-for", "8s"}, 1, []string{"max-heap-growth", "max-rss-growth", "2 failed"}},
		{"steady", []string{sample("leaky"), "-mib-per-min", "0", "-for", "10s"}, 0, []string{"max-heap-growth", "2 passed"}},
		{"short", []string{sample("leaky"), "-mib-per-min", "240", "-for", "1s"}, 4, []string{"too little to see growth in", "2 incomplete"}},
	} {
		c := c
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t)
			rss := "100MiB/min"
			if c.name == "steady" { // RSS follows the allocator as well, up and down
				rss = "1GiB/min"
			}
			r.gctide(append([]string{"check", "--max-heap-growth", "100MiB/min", "--max-rss-growth", rss, "--"}, c.command...)...)
			r.expectStatus(c.status)
			expectWords(t, r.stdout, c.words...)
			if c.name == "leak" && !strings.Contains(r.stdout, "MiB/min (95 % CI 2") {
				t.Logf("240 MiB a minute: %s", r.stdout)
			}
		})
	}
}

// TestCheckRunsThatFail: there is no verdict of a program that crashed.
func TestCheckRunsThatFail(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.gctide("check", "--max-rss-peak", "4GiB", "--", "/bin/sh", "-c", "exit 3")
	r.expectStatus(4)
	expectWords(t, r.stdout, "run: ended with status 3")
	r.gctide("check", "--max-rss-peak", "1KiB", "--", "/bin/sh", "-c", "sleep 0.3; exit 3")
	r.expectStatus(1)
	r.gctide("check", "--max-rss-peak", "4GiB", "--", "no-such-program")
	r.expectStatus(4)
	r.gctide("check", "--max-rss-peak", "4GiB", "missing.rec")
	r.expectStatus(4)
	r.gctide("check", "--max-rss-peak", "4GiB", "--duration", "500ms", "--", sample("witness"), "-wait", "30s")
	r.expectStatus(0)
}

func TestExperimentUsage(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	for _, c := range []struct {
		args  []string
		words string
	}{
		{[]string{"compare"}, "which command shall run?"},
		{[]string{"compare", "--runs", "0", "--", "true"}, "--runs is a number"},
		{[]string{"compare", "--runs", "x", "--", "true"}, "--runs is a number"},
		{[]string{"compare", "--vary", "GOGC", "--", "true"}, "--vary wants"},
		{[]string{"compare", "--a", "true"}, "go together"},
		{[]string{"compare", "--alpha", "60%", "--", "true"}, "--alpha is at most"},
		{[]string{"compare", "--effect", "x", "--", "true"}, "--effect wants a share"},
		{[]string{"compare", "one.rec"}, "two recordings"},
		{[]string{"compare", "--runs", "3", "one.rec", "two.rec"}, "nothing to run"},
		{[]string{"compare", "--ready-when", "port:80", "--", "true"}, "--ready-when is about the --load"},
		{[]string{"compare", "--ready-when", "x", "--load", "true", "--", "true"}, "--ready-when is port:"},
		{[]string{"compare", "--record", "'", "--", "true"}, "cannot cut"},
		{[]string{"bench"}, "which command shall run?"},
		{[]string{"bench", "--runs", "0", "--", "true"}, "--runs is a number"},
		{[]string{"bench", "--gogc", "1,2,3,4,5,6,7,8,9", "--gomemlimit", "1,2,3,4,5,6,7,8", "--", "true"}, "more than 64 pairs"},
		{[]string{"check", "run.rec"}, "which limit?"},
		{[]string{"check", "--max-heap-growth", "1MiB", "run.rec"}, "wants a size per time"},
		{[]string{"check", "--max-increase", "rss_peak=5%", "--max-pause", "1s", "run.rec"}, "is over a --baseline"},
		{[]string{"check", "--max-pause", "1s", "a.rec", "b.rec"}, "one recording at a time"},
		{[]string{"check", "--baseline", "b.json", "--max-increase", "size=5%", "run.rec"}, "is no metric"},
	} {
		r.gctide(c.args...)
		r.expectStatus(2)
		r.expectMessage(c.words)
	}
	start := time.Now()
	r.gctide("compare", "--", "no-such-program")
	r.expectStatus(1)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a program that is not there took %v", took)
	}
}
