package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// stack is one line of `gctide fold`: functions from the root on.
type stack struct {
	frames []string
	count  int64
}

type stacks []stack

func parseFolded(t *testing.T, text string) stacks {
	t.Helper()
	var all stacks
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		blank := strings.LastIndexByte(line, ' ')
		if blank < 0 {
			t.Fatalf("fold printed %q", line)
		}
		n, err := strconv.ParseInt(line[blank+1:], 10, 64)
		if err != nil || n <= 0 {
			t.Fatalf("fold printed %q", line)
		}
		all = append(all, stack{strings.Split(line[:blank], ";"), n})
	}
	return all
}

func (r *run) fold(options ...string) stacks {
	r.t.Helper()
	all, _ := r.foldSaying(options...)
	return all
}

// foldSaying gives also what was said on stderr.
func (r *run) foldSaying(options ...string) (stacks, string) {
	r.t.Helper()
	shown := r.inspect(append([]string{"fold"}, options...)...)
	shown.expectStatus(0)
	return parseFolded(r.t, shown.stdout), shown.stderr
}

// share is how much of the samples has the functions next to each other, from the caller on.
func (all stacks) share(chain ...string) float64 {
	var has, sum int64
	want := ";" + strings.Join(chain, ";") + ";"
	for _, s := range all {
		sum += s.count
		if strings.Contains(";"+strings.Join(s.frames, ";")+";", want) {
			has += s.count
		}
	}
	return float64(has) / float64(sum)
}

// leafShare is how much of the samples stood in a function.
func (all stacks) leafShare(is func(string) bool) float64 {
	var has, sum int64
	for _, s := range all {
		sum += s.count
		if is(s.frames[len(s.frames)-1]) {
			has += s.count
		}
	}
	return float64(has) / float64(sum)
}

func isUnknown(name string) bool { return name == "[unknown]" }

// wrongShares holds the share of each function against the CPU time that the program measured itself.
func wrongShares(t *testing.T, all stacks, tr *truth) (wrong []string) {
	t.Helper()
	for name, want := range tr.cpuShares(t) {
		if got := all.share(name); got < want-0.05 || got > want+0.05 {
			wrong = append(wrong, fmt.Sprintf("%s has %.3f of the samples, and took %.3f of the CPU time", name, got, want))
		}
	}
	if got := all.leafShare(isUnknown); got > 0.01 {
		t.Errorf("%.3f of the samples have no name", got)
	}
	return wrong
}

// cpuShares is extra.cpu_ns as shares of all CPU time of the process.
func (tr *truth) cpuShares(t *testing.T) map[string]float64 {
	t.Helper()
	var extra struct {
		CPU map[string]int64 `json:"cpu_ns"`
	}
	text, err := json.Marshal(tr.Extra)
	if err == nil {
		err = json.Unmarshal(text, &extra)
	}
	if err != nil || len(extra.CPU) < 2 {
		t.Fatalf("no cpu_ns in the truth (%v)", err)
	}
	shares := map[string]float64{}
	for name, ns := range extra.CPU {
		shares[name] = float64(ns) / float64(tr.UserNs+tr.SystemNs)
	}
	return shares
}

// needCPUSamples skips a test where perf events are not to be had.
func needCPUSamples(t *testing.T, r *run) {
	t.Helper()
	if s := r.report().source(t, "perf.cpu-samples"); s.State != "on" {
		t.Skipf("no CPU samples: %s", s.Detail)
	}
}

// TestTruthHot: functions of known shares, one inlined, one in assembly without a frame, one on the system stack;
// in a full binary, and in one that is stripped and position independent.
func TestTruthHot(t *testing.T) {
	stripped := filepath.Join(built.dir, "hot-stripped-pie")
	if err := goBuild("../../samples", stripped, "-ldflags=-s -w", "-buildmode=pie", "./hot"); err != nil {
		t.Fatal(err)
	}
	for name, binary := range map[string]string{"full": sample("hot"), "stripped-pie": stripped} {
		binary := binary
		t.Run(name, func(t *testing.T) {
			unlessStolen(t, func() []string { return wrongInHot(t, binary) })
		})
	}
}

// wrongInHot records the sample hot once.
func wrongInHot(t *testing.T, binary string) []string {
	t.Helper()
	r := newRun(t).record([]string{"-F", "999"}, binary)
	r.expectStatus(0)
	tr := r.truth()
	needCPUSamples(t, r)
	all := r.fold()
	wrong, cpu := wrongShares(t, all, tr), tr.cpuShares(t)
	whole := func(want float64, chain ...string) {
		if got := all.share(chain...); got < 0.8*want {
			wrong = append(wrong, fmt.Sprintf("%s: %.3f of the samples, of %.3f", strings.Join(chain, ";"), got, want))
		}
	}
	whole(0.7*cpu["main.outer"], "main.outer", "main.inlined")
	whole(cpu["main.scan"], "main.main", "gctide.invalid/samples/internal/cputime.Share", "main.scan", "bytes.IndexByte")
	whole(cpu["main.stacks"], "main.deepen", "runtime.Stack", "runtime.systemstack", "runtime.Stack.func1")
	for _, s := range all {
		if root := s.frames[0]; strings.HasPrefix(root, "main.") {
			t.Errorf("a stack begins with %s: %s", root, strings.Join(s.frames, ";"))
		}
	}
	return wrong
}

// cgoSample builds the sample that is partly C, or skips the test.
func cgoSample(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc: cgo cannot be built")
	}
	out := filepath.Join(built.dir, "cgohot")
	if err := goBuildWith("CGO_ENABLED=1", "../../samples", out, "./cgohot"); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTruthCgo: C without frame pointers has its share, and stands on the wrapper that Go calls it by.
func TestTruthCgo(t *testing.T) {
	binary := cgoSample(t)
	unlessStolen(t, func() []string {
		r := newRun(t).record([]string{"-F", "999"}, binary)
		r.expectStatus(0)
		tr := r.truth()
		needCPUSamples(t, r)
		all := r.fold()
		wrong := wrongShares(t, all, tr)
		want := tr.cpuShares(t)["hot_in_c"]
		if got := all.share("runtime.cgocall", "runtime.asmcgocall"); got < want-0.05 {
			wrong = append(wrong, fmt.Sprintf("%.3f of the samples stand on runtime.cgocall, of %.3f", got, want))
		}
		return wrong
	})
}

// TestStackBytesByLinkage: a program with C in it gets enough of each stack for C, however it was linked.
func TestStackBytesByLinkage(t *testing.T) {
	t.Parallel()
	shared := cgoSample(t)
	static := filepath.Join(built.dir, "cgohot-static")
	err := goBuildWith("CGO_ENABLED=1", "../../samples", static,
		"-ldflags=-linkmode=external -extldflags=-static", "./cgohot")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{sample("steady"): "128", shared: "4096", static: "4096"} {
		r := newRun(t).record(nil, path)
		r.expectStatus(0)
		needCPUSamples(t, r)
		if dump := r.inspect("dump").stdout; !strings.Contains(dump, " stack_bytes="+want+"\n") {
			t.Errorf("%s was not recorded with %s bytes of its stacks", filepath.Base(path), want)
		}
	}
}

// TestPhasesOfStacks: a program that forces collections spends time in marking and giving back, and says so by
// root frames; every sample has exactly one.
func TestPhasesOfStacks(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"-F", "999"}, sample("bursty"))
	r.expectStatus(0)
	needCPUSamples(t, r)
	known := map[string]bool{"[mark]": true, "[assist]": true, "[sweep]": true, "[sweep termination]": true,
		"[mark termination]": true, "[scavenge]": true, "[mutator]": true}
	var sum, plain int64
	seen := map[string]bool{}
	for _, s := range r.fold("--split", "gc-phase") {
		if !known[s.frames[0]] {
			t.Errorf("a stack begins with %s", s.frames[0])
		}
		seen[s.frames[0]] = true
		sum += s.count
	}
	for _, s := range r.fold() {
		plain += s.count
	}
	if sum != plain || sum == 0 {
		t.Errorf("%d samples with phases, %d without", sum, plain)
	}
	for _, phase := range []string{"[mark]", "[mutator]"} {
		if !seen[phase] {
			t.Errorf("no sample in %s", phase)
		}
	}
	uses, _ := r.report().at("stacks.cpu.by_use")
	var ofUses float64
	for _, use := range uses.(map[string]interface{}) {
		ofUses += use.(map[string]interface{})["sample_count"].(float64)
	}
	if int64(ofUses) != plain {
		t.Errorf("the uses of the report have %v samples, the folded stacks %d", ofUses, plain)
	}
}

// TestFaultAndReturnStacks: faults are sampled evenly, so their estimate is near the exact count; returns are
// recorded all, and told apart by cause.
func TestFaultAndReturnStacks(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("bursty"))
	r.expectStatus(0)
	rep := r.report()
	if s := rep.source(t, "perf.fault-stacks"); s.State != "on" {
		t.Skipf("no stacks of faults: %s", s.Detail)
	}
	estimate, _ := rep.at("stacks.faults.sampled_fault_count")
	exact := float64(*rep.Faults.MinorCount)
	if got := estimate.(float64); got < 0.95*exact || got > 1.05*exact {
		t.Errorf("%.0f faults by their stacks, %.0f counted", got, exact)
	}
	if s := rep.source(t, "perf.returns"); s.State != "on" {
		t.Skipf("no stacks of returns: %s", s.Detail)
	}
	causes := map[string]int64{}
	for _, s := range r.fold("--event", "returns", "--weight", "bytes", "--split", "cause") {
		causes[s.frames[0]] += s.count
	}
	if causes["[forced]"] < 100<<20 {
		t.Errorf("bytes returned by cause: %v, and FreeOSMemory returned some 350 MB", causes)
	}
	refaults := r.fold("-e", "refaults", "-w", "bytes")
	if len(refaults) == 0 {
		t.Error("no refaults: the bursts touch again what was returned")
	}
}

// TestStacksThatAreNotThere say so, with the status of what cannot be observed.
func TestStacksThatAreNotThere(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"-F", "0"}, sample("forced"))
	r.expectStatus(0)
	for _, c := range []struct {
		args   []string
		status int
		words  []string
	}{
		{[]string{"fold", "run.rec"}, 3, []string{"no stacks of cpu", "-F 0"}},
		{[]string{"pprof", "-o", "out.pb.gz", "run.rec"}, 3, []string{"no stacks of cpu"}},
		{[]string{"flame", "-e", "refaults", "run.rec"}, 3, []string{"no stacks of refaults"}},
		{[]string{"fold", "-e", "instructions", "run.rec"}, 3, []string{"no stacks of instructions"}},
		{[]string{"fold", "-e", "faults", "-w", "time", "run.rec"}, 2, []string{"--weight time"}},
		{[]string{"fold", "-w", "bytes", "run.rec"}, 2, []string{"--weight bytes"}},
		{[]string{"fold", "-s", "cause", "run.rec"}, 2, []string{"--split cause"}},
		{[]string{"fold", "run.rec", "other.rec"}, 2, []string{"other.rec"}},
		{[]string{"fold", "missing.rec"}, 1, []string{"missing.rec"}},
		{[]string{"fold", "--symbols", "/nowhere", "run.rec"}, 2, []string{"/nowhere", "No such file"}},
		{[]string{"flame", "-o", "run.rec", "run.rec"}, 2, []string{"is the recording"}},
		{[]string{"record", "-e", "no-such-event", "--", "true"}, 125, []string{"no-such-event"}},
		{[]string{"record", "-e", "perf::MINOR-FAULTS", "--", "true"}, 125, []string{"--event faults"}},
	} {
		again := r.again()
		for i, arg := range c.args {
			if arg == "run.rec" {
				c.args[i] = r.path(arg)
			}
		}
		again.gctide(c.args...)
		again.expectStatus(c.status)
		again.expectMessage(c.words...)
	}
	if _, err := os.Stat(r.path("out.pb.gz")); err == nil {
		t.Error("a profile was made of nothing")
	}
}

// TestReplacedBinary: names of another build would be wrong; the message says what is the matter.
func TestReplacedBinary(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	if err := copyFile(sample("hot"), r.path("hot"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.record([]string{"-F", "999"}, r.path("hot"), "-seconds", "0.5").expectStatus(0)
	needCPUSamples(t, r)
	if err := copyFile(sample("steady"), r.path("other"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.path("other"), r.path("hot")); err != nil {
		t.Fatal(err)
	}
	all, said := r.foldSaying()
	if got := all.share("main.heavy"); got != 0 {
		t.Errorf("main.heavy has %.3f of the samples, without the binary that ran", got)
	}
	if got := all.leafShare(func(name string) bool { return name == "[hot]" }); got < 0.5 {
		t.Errorf("%.3f of the samples are said to be of the file", got)
	}
	expectWords(t, said, "another build")
	os.Mkdir(r.path("symbols"), 0o755)
	if err := copyFile(sample("hot"), filepath.Join(r.path("symbols"), "hot"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := r.fold("--symbols", r.path("symbols")).share("main.heavy"); got < 0.1 {
		t.Errorf("main.heavy has %.3f of the samples, with the binary under --symbols", got)
	}
}

// flatTop is the functions in which most samples stood.
func (all stacks) flatTop(n int) []string {
	counts := map[string]int64{}
	for _, s := range all {
		counts[s.frames[len(s.frames)-1]] += s.count
	}
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		if counts[names[i]] != counts[names[j]] {
			return counts[names[i]] > counts[names[j]]
		}
		return names[i] < names[j]
	})
	if len(names) > n {
		names = names[:n]
	}
	return names
}

// TestPprofOfARecording: go tool pprof comes to the same leading functions as the folded stacks.
func TestPprofOfARecording(t *testing.T) {
	t.Parallel()
	r := newRun(t).record([]string{"-F", "999"}, sample("hot"))
	r.expectStatus(0)
	needCPUSamples(t, r)
	file := r.path("cpu.pb.gz")
	r.inspect("pprof", "-o", file).expectStatus(0)
	top := pprofTop(t, file)
	for _, name := range r.fold().flatTop(5) {
		if _, ok := top[name]; !ok {
			t.Errorf("%s is not in pprof's list", name)
		}
	}
	r.inspect("flame", "--split", "gc-phase", "-o", r.path("cpu.svg")).expectStatus(0)
	svg := r.read("cpu.svg")
	if !strings.HasPrefix(svg, "<?xml") && !strings.HasPrefix(svg, "<svg") {
		t.Errorf("the flame graph begins with %.40q", svg)
	}
	expectWords(t, svg, "main.heavy", "[mutator]")
}

// TestPerfAgrees: perf, watching the same run at times of its own, names the same hottest functions.
func TestPerfAgrees(t *testing.T) {
	perf, err := exec.LookPath("perf")
	if err != nil {
		t.Skip("no perf here")
	}
	r := newRun(t)
	data := r.path("perf.data")
	if out, err := exec.Command(perf, "record", "-q", "-e", "cpu-clock", "-F", "499", "-o", data, "--", "true").CombinedOutput(); err != nil {
		t.Skipf("perf record: %v: %s", err, out)
	}
	r.prefix = []string{perf, "record", "-q", "-e", "cpu-clock", "-F", "997", "-g", "-o", data, "--"}
	r.record([]string{"-F", "499"}, sample("hot"), "-seconds", "6").expectStatus(0)
	r.prefix = nil
	needCPUSamples(t, r)
	text, err := exec.Command(perf, "report", "-i", data, "--no-children", "-g", "none", "--no-inline", "--stdio",
		"--comms", "hot", "--percentage", "relative", "-F", "overhead,sym").Output()
	if err != nil {
		t.Fatalf("perf report: %v", err)
	}
	theirs := map[string]float64{}
	for _, line := range strings.Split(string(text), "\n") {
		var share float64
		var kind, name string
		if n, _ := fmt.Sscanf(strings.TrimSpace(line), "%f%% %s %s", &share, &kind, &name); n == 3 {
			theirs[strings.TrimSuffix(name, ".abi0")] += share / 100
		}
	}
	file := r.path("cpu.pb.gz")
	r.inspect("pprof", "-o", file).expectStatus(0)
	out, errText, err := output(patience, built.goCmd, "tool", "pprof", "-top", "-noinlines", "-nodecount=10", file)
	if err != nil {
		t.Fatalf("go tool pprof: %v: %s", err, errText)
	}
	compared := 0
	for _, line := range strings.Split(out, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasSuffix(fields[1], "%") {
			continue
		}
		share, _ := strconv.ParseFloat(strings.TrimSuffix(fields[1], "%"), 64)
		name := fields[5]
		compared++
		if got := theirs[name]; share/100 > got+0.03 || share/100 < got-0.03 {
			t.Errorf("%s: %.3f by pprof of our profile, %.3f by perf", name, share/100, got)
		}
	}
	if compared != 10 {
		t.Errorf("%d functions compared:\n%s", compared, out)
	}
}
