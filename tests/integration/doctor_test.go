package integration

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

type doctorPage struct {
	Schema  string
	Sources []map[string]interface{}
}

func decodeDoctor(t *testing.T, text string) doctorPage {
	t.Helper()
	var page doctorPage
	if err := json.Unmarshal([]byte(text), &page); err != nil || page.Schema != "gctide.doctor/1" {
		t.Fatalf("no page of the doctor: %v\n%.500s", err, text)
	}
	return page
}

// TestDoctorHasEveryFieldOfEverySource: what is not known to help is null, and there.
func TestDoctorHasEveryFieldOfEverySource(t *testing.T) {
	t.Parallel()
	r := newRun(t).gctide("doctor", "--format", "json")
	r.expectStatus(0)
	for _, s := range decodeDoctor(t, r.stdout).Sources {
		for _, field := range []string{"name", "gives", "state", "detail", "enable", "used"} {
			if _, there := s[field]; !there {
				t.Errorf("%v has no %s", s["name"], field)
			}
		}
		if s["state"] == "works" && s["enable"] != nil {
			t.Errorf("%v works and could be enabled with %v", s["name"], s["enable"])
		}
	}
}

// TestDoctorWithoutProc: nothing can be observed then, and no setting that could not be read has a number.
func TestDoctorWithoutProc(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("hiding /proc needs root")
	}
	for _, format := range []string{"text", "json"} {
		r := newRun(t)
		r.start("unshare", "-m", "/bin/sh", "-c", `mount -t tmpfs none /proc || exit 77
exec "$0" doctor --format "$1"`, built.gctide, format)
		if r.wait(); r.status == 77 || strings.Contains(r.stderr, "unshare: ") {
			t.Skip("/proc cannot be hidden here: " + strings.TrimSpace(r.stderr))
		}
		if !strings.Contains(r.stderr, "LeakSanitizer") { // which cannot do without /proc, and ends with 1
			r.expectStatus(3)
		}
		r.expectMessage("gctide: cannot observe here: statm: ", "/proc is not mounted",
			"gctide: hint: mount -t proc proc /proc")
		if strings.Contains(r.stdout, "-2147483648") {
			t.Errorf("an unknown setting has a number:\n%s", r.stdout)
		}
		if format == "json" {
			decodeDoctor(t, r.stdout)
		}
	}
}

// TestDoctorAgreesWithRecord: what doctor says of stacks is what record then does, for whoever runs this.
func TestDoctorAgreesWithRecord(t *testing.T) {
	t.Parallel()
	page := decodeDoctor(t, newRun(t).gctide("doctor", "--format", "json").stdout)
	r := newRun(t).record([]string{"--duration", "200ms"}, sample("steady"))
	r.expectStatus(0)
	report := r.report()
	for doctors, reports := range map[string]string{
		"perf.user-faults": "perf.fault-addresses",
		"perf.cpu-samples": "perf.cpu-samples",
		"tracepoints":      "perf.returns",
	} {
		found := false
		for _, s := range page.Sources {
			if s["name"] != doctors {
				continue
			}
			found = true
			if used, _ := s["used"].(bool); !used {
				t.Errorf("doctor says that %s is not used", doctors)
			}
			if on := report.source(t, reports).State == "on"; on != (s["state"] != "fails") {
				t.Errorf("doctor says that %s %v (%v); recorded: %v", doctors, s["state"], s["detail"], on)
			}
		}
		if !found {
			t.Errorf("doctor does not know %s", doctors)
		}
	}
}

// TestWithoutLibpfm: what names perf events may be missing; the rest is recorded.
func TestWithoutLibpfm(t *testing.T) {
	t.Parallel()
	without := func() *run {
		r := newRun(t)
		if err := os.WriteFile(r.path("libpfm.so.4"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		r.env = append(r.env, "LD_LIBRARY_PATH="+r.dir)
		return r
	}
	r := without().gctide("events")
	r.expectStatus(3)
	r.expectMessage("cannot load libpfm.so.4, which names perf events: ", "install libpfm4")
	r = without().record(nil, sample("steady"))
	r.expectStatus(0)
	r.expectMessage("page faults are not recorded, only their total: cannot load libpfm.so.4")
	equal(t, "cycle_count", r.report().GC.CycleCount, r.truth().NumGC)
}
