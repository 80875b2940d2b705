package integration

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func writeFile(t *testing.T, r *run, name, text string) string {
	t.Helper()
	if err := os.WriteFile(r.path(name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return r.path(name)
}

// ordinary is a run by a user without rights: nobody, when the tests run as root, else whoever runs them.
func ordinary(t *testing.T) *run {
	t.Helper()
	r := newRun(t)
	if os.Getuid() != 0 {
		return r
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("setpriv is needed to become an ordinary user: " + err.Error())
	}
	r.prefix = []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"}
	r.env = []string{"HOME=" + r.dir}
	probe := r.again()
	probe.start(built.gctide, "version")
	if probe.wait(); probe.status != 0 {
		t.Skipf("nobody cannot run programs in %s: %s", built.dir, probe.stderr)
	}
	return r
}

// limits is what an ordinary user gets: full counts from getrusage or perf, or a word on what is missing.
func checkWhatIsMissing(t *testing.T, r *run, rep *report) {
	t.Helper()
	paranoid, err := os.ReadFile("/proc/sys/kernel/perf_event_paranoid")
	if err != nil {
		t.Skip("this kernel has no perf events")
	}
	level := strings.TrimSpace(string(paranoid))
	if level == "-1" || level == "0" || level == "1" {
		return
	}
	s := rep.source(t, "perf.page-faults")
	if s.State == "on" {
		t.Errorf("perf.page-faults is on with perf_event_paranoid %s: %+v", level, s)
	}
	expectWords(t, s.Detail+r.text(), "perf_event_paranoid")
	if level == "2" {
		expectWords(t, s.Detail+r.text(), "user")
	}
}

func TestOrdinaryUser(t *testing.T) {
	for name, args := range map[string][]string{
		"forced": {"-gcs", "15"}, "steady": {"-total-mib", "512"}, "stripped": {"-total-mib", "512"},
		"storm": {"-faults", "50000"}, "bursty": {"-rounds", "2", "-burst-mib", "80"},
	} {
		name, args := name, args
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := ordinary(t)
			r.record(nil, append([]string{sample(name)}, args...)...).expectStatus(0)
			tr, rep := r.truth(), r.report()
			checkTarget(t, r, tr, rep, "")
			checkCycles(t, tr, rep)
			checkPauses(t, tr, rep)
			checkPlacement(t, tr, rep)
			checkResources(t, r, tr, rep)
			checkWhatIsMissing(t, r, rep)
		})
	}
}

func TestOrdinaryUserNoisy(t *testing.T) {
	t.Parallel()
	r := ordinary(t)
	r.record(nil, sample("noisy"), "-copy", r.path("copy")).expectStatus(0)
	expectUserStderr(t, r.stderr, r.read("copy"))
	checkCycles(t, r.truth(), r.report())
}

func TestOrdinaryUserStatusAndMessages(t *testing.T) {
	t.Parallel()
	r := ordinary(t)
	r.record(nil, "/bin/sh", "-c", "exit 11").expectStatus(11)
	if err := os.Mkdir(r.path("locked"), 0o555); err != nil {
		t.Fatal(err)
	}
	r.gctide("record", "-o", "locked/x.rec", "--", "true").expectStatus(125)
	r.expectMessage("locked/x.rec", "permission denied")
	r.gctide("doctor").expectStatus(0)
	expectWords(t, r.stdout, "perf_event_paranoid", "statm", "sysctl")
}
