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
