package integration

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// timeline writes the recording over time into a file, and gives its path.
func (r *run) timeline(name string, options ...string) string {
	r.t.Helper()
	args := append(append([]string{"timeline", "-o", name}, options...), "run.rec")
	sub := r.again()
	sub.dir = r.dir
	sub.gctide(args...)
	sub.expectStatus(0)
	return r.path(name)
}

// event is a row of the table, by the names of its columns.
type event map[string]string

func (e event) number(t *testing.T, column string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(e[column], 0, 64)
	if err != nil {
		t.Fatalf("%s of %v is no number", column, e)
	}
	return n
}

// events reads the table of a recording; the rows of each kind.
func (r *run) events(options ...string) map[string][]event {
	r.t.Helper()
	text, err := os.ReadFile(r.timeline("events.csv", options...))
	if err != nil {
		r.t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		r.t.Fatal(err)
	}
	all := map[string][]event{}
	for _, row := range rows[1:] {
		e := event{}
		for i, name := range rows[0] {
			e[name] = row[i]
		}
		all[e["event"]] = append(all[e["event"]], e)
	}
	return all
}

// TestTimelineTableHasEveryEvent: the rows add up to the figures of the report.
func TestTimelineTableHasEveryEvent(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("bursty"), "-rounds", "2", "-burst-mib", "80")
	r.expectStatus(0)
	rep, all := r.report(), r.events()
	if n := rep.number(t, "faults.recorded_count"); int64(len(all["fault"])) != n {
		t.Errorf("%d rows of faults, %d were recorded", len(all["fault"]), n)
	}
	if len(all["cycle"]) != len(rep.Cycles) || len(all["mark"]) != len(rep.Cycles) {
		t.Errorf("%d rows of cycles and %d of marking, %d cycles", len(all["cycle"]), len(all["mark"]), len(rep.Cycles))
	}
	for i, c := range all["cycle"] {
		equal(t, "start", rep.Cycles[i].StartNs, c.number(t, "time_ns"))
		equal(t, "end", rep.Cycles[i].EndNs, c.number(t, "end_ns"))
	}
	if n := rep.number(t, "memory.sample_count"); int64(len(all["rss"])) != n {
		t.Errorf("%d rows of RSS, %d samples", len(all["rss"]), n)
	}
	if rep.source(t, returnsSource(rep)).State != "on" {
		t.Skip("page returns are not seen")
	}
	var returned int64
	for _, e := range all["return"] {
		returned += e.number(t, "bytes")
	}
	if n := rep.number(t, "returns.bytes"); returned != n || n == 0 {
		t.Errorf("rows of returns have %d bytes, the report %d", returned, n)
	}
	if n := rep.number(t, "faults.refault_count"); int64(len(all["refault"])) != n || n == 0 {
		t.Errorf("%d rows of refaults, the report has %d", len(all["refault"]), n)
	}
	last := int64(-1)
	for _, e := range all["fault"] {
		if at := e.number(t, "time_ns"); at < last {
			t.Fatalf("a fault at %d comes behind one at %d", at, last)
		} else {
			last = at
		}
	}
	// A part of it has the events of that time alone.
	middle := rep.Cycles[len(rep.Cycles)/2]
	part := r.events("--cycle", fmt.Sprint(middle.Number))
	if len(part["fault"]) == 0 || len(part["fault"]) >= len(all["fault"]) {
		t.Errorf("%d faults around a cycle, %d in all", len(part["fault"]), len(all["fault"]))
	}
	margin := (*middle.EndNs - *middle.StartNs) / 2
	for _, e := range part["fault"] {
		if at := e.number(t, "time_ns"); at < *middle.StartNs-margin || at > *middle.EndNs+margin {
			t.Fatalf("a fault at %d is shown, the cycle was %d to %d", at, *middle.StartNs, *middle.EndNs)
		}
	}
}

// returnsSource is the source that saw the returns.
func returnsSource(rep *report) string {
	if v, _ := rep.at("returns.source"); v == "seccomp" {
		return "seccomp.returns"
	}
	return "perf.returns"
}

type traceEvent struct {
	Ph   string                 `json:"ph"`
	Name string                 `json:"name"`
	Pid  *int64                 `json:"pid"`
	Tid  *int64                 `json:"tid"`
	Ts   *float64               `json:"ts"`
	Dur  *float64               `json:"dur"`
	Args map[string]interface{} `json:"args"`
}

// checkTraceEvent holds one event against the trace event format: what its kind must have, and nothing that readers
// do not know.
func checkTraceEvent(t *testing.T, e *traceEvent) {
	t.Helper()
	if e.Name == "" || e.Pid == nil || e.Tid == nil {
		t.Fatalf("no name, pid or tid: %+v", e)
	}
	switch e.Ph {
	case "M":
		if name, _ := e.Args["name"].(string); (e.Name != "process_name" && e.Name != "thread_name") || name == "" {
			t.Fatalf("metadata: %+v", e)
		}
	case "X":
		if e.Ts == nil || e.Dur == nil || *e.Ts < 0 || *e.Dur < 0 {
			t.Fatalf("a slice without its time: %+v", e)
		}
	case "C":
		if e.Ts == nil || len(e.Args) != 1 {
			t.Fatalf("a counter without time or value: %+v", e)
		}
		for name, v := range e.Args {
			if _, isNumber := v.(float64); !isNumber {
				t.Fatalf("counter %s is %v", name, v)
			}
		}
	default:
		t.Fatalf("what is an event %q?", e.Ph)
	}
}

// checkNesting: slices of a track lie in each other or behind each other; viewers draw nonsense otherwise.
func checkNesting(t *testing.T, slices []*traceEvent) {
	t.Helper()
	const rounding = 0.0015 // us: starts and lengths are rounded to ns apart from each other
	sort.SliceStable(slices, func(i, j int) bool {
		if *slices[i].Ts != *slices[j].Ts {
			return *slices[i].Ts < *slices[j].Ts
		}
		return *slices[i].Dur > *slices[j].Dur
	})
	var ends []float64
	for _, s := range slices {
		for len(ends) > 0 && ends[len(ends)-1] <= *s.Ts+rounding {
			ends = ends[:len(ends)-1]
		}
		end := *s.Ts + *s.Dur
		if len(ends) > 0 && end > ends[len(ends)-1]+rounding {
			t.Fatalf("%s from %f to %f goes over the end of what it lies in, %f", s.Name, *s.Ts, end, ends[len(ends)-1])
		}
		ends = append(ends, end)
	}
}

// TestTraceIsValid: the file is what Chrome's and Perfetto's importers take, by the format's description.
func TestTraceIsValid(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("bursty"), "-rounds", "2", "-burst-mib", "80")
	r.expectStatus(0)
	text, err := os.ReadFile(r.timeline("trace.json"))
	if err != nil {
		t.Fatal(err)
	}
	var trace struct {
		DisplayTimeUnit string                 `json:"displayTimeUnit"`
		TraceEvents     []*traceEvent          `json:"traceEvents"`
		OtherData       map[string]interface{} `json:"otherData"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&trace); err != nil {
		t.Fatal(err)
	}
	if trace.DisplayTimeUnit != "ns" {
		t.Errorf("displayTimeUnit is %q", trace.DisplayTimeUnit)
	}
	tracks, counters := map[string][]*traceEvent{}, map[string]float64{}
	for _, e := range trace.TraceEvents {
		checkTraceEvent(t, e)
		switch e.Ph {
		case "X":
			track := fmt.Sprint(*e.Pid, "/", *e.Tid)
			tracks[track] = append(tracks[track], e)
		case "C":
			for _, v := range e.Args {
				counters[e.Name] += v.(float64)
			}
		}
	}
	for _, slices := range tracks {
		checkNesting(t, slices)
	}
	rep := r.report()
	var cycles, pauses int
	for _, e := range tracks["1/1"] {
		if strings.HasPrefix(e.Name, "gc ") {
			cycles++
		}
	}
	for range tracks["1/2"] {
		pauses++
	}
	if cycles != len(rep.Cycles) || int64(pauses) != rep.number(t, "gc.pause.count") {
		t.Errorf("%d cycles and %d pauses, the report has %d and %d", cycles, pauses, len(rep.Cycles), rep.number(t, "gc.pause.count"))
	}
	if n := float64(rep.number(t, "faults.recorded_count")); counters["minor faults"] != n {
		t.Errorf("the counter of faults adds up to %f, %f were recorded", counters["minor faults"], n)
	}
	if counters["RSS"] == 0 {
		t.Error("no counter of RSS")
	}
}

// watched opens the page with a script behind its own, which fills the object `result`; errors of the page are in it.
func watched(t *testing.T, file, script string) map[string]interface{} {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	end, begin := bytes.LastIndex(page, []byte("</body>")), bytes.Index(page, []byte("<div id=\"page\">"))
	if end < 0 || begin < 0 {
		t.Fatalf("%s is no page", file)
	}
	before := `<script>const errors = []; addEventListener('error', e => errors.push(String(e.message)));
['error', 'warn'].forEach(k => { const was = console[k]; console[k] = (...a) => { errors.push(a.join(' ')); was(...a); }; });
addEventListener('securitypolicyviolation', e => errors.push('refused: ' + e.blockedURI));</script>`
	behind := `<script>(() => {
const result = {}, by = id => document.getElementById(id), text = e => e.textContent;
// How many pixels of a track are drawn.
const inked = id => [...by(id).querySelectorAll('canvas')].reduce((n, c) => {
	const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
	for (let i = 3; i < d.length; i += 4) n += d[i] > 0;
	return n;
}, 0);
const mouse = (e, kind, x, y) => e.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, clientX: x, clientY: y, button: 0, view: window }));
const middle = id => { const r = by(id).querySelector('.chart').getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2, r]; };
const key = (id, name) => by(id).querySelector('.chart').dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
try {
` + script + `
} catch (e) {
	errors.push(String(e.stack));
}
result.errors = errors;
document.documentElement.setAttribute('data-result', JSON.stringify(result));
})();</script>`
	driven := filepath.Join(t.TempDir(), "driven.html")
	all := string(page[:begin]) + before + string(page[begin:end]) + behind + string(page[end:])
	if err := os.WriteFile(driven, []byte(all), 0o644); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`data-result="([^"]*)"`).FindStringSubmatch(dom(t, "file://"+driven))
	result := map[string]interface{}{}
	if found == nil || json.Unmarshal([]byte(html.UnescapeString(found[1])), &result) != nil {
		t.Fatalf("the script did not get to its end: %q", found)
	}
	return result
}

// TestBrowserDrawsTheTimeline: no error, every track has ink, zoom by mouse, keys and table, readings under the mouse, and markup
// in what comes from outside is text.
func TestBrowserDrawsTheTimeline(t *testing.T) {
	markup := `<b class="evil">x</b><script>window.evil = 1</script>`
	r := newRun(t).record(nil, sample("bursty"), "-rounds", "2", "-burst-mib", "80", "--", markup)
	r.expectStatus(0)
	rep := r.report()
	result := watched(t, r.timeline("page.html"), `
result.heading = text(document.querySelector('h1'));
result.evil = window.evil === undefined && document.querySelectorAll('.evil').length === 0;
result.ink = {};
for (const id of ['memory', 'cycles', 'pauses', 'returns', 'faults', 'cpu']) result.ink[id] = by(id).querySelector('canvas') ? inked(id) : -1;
result.range = text(by('range'));
result.rows = document.querySelectorAll('#cycle-table tbody tr').length;
const [x, y, box] = middle('memory');
mouse(by('memory').querySelector('.chart'), 'mousemove', x, y);
result.reading = text(by('memory').querySelector('.head'));
const canvas = by('memory').querySelectorAll('canvas')[1] || by('memory').querySelector('canvas');
mouse(canvas, 'mousedown', x - 100, y); mouse(canvas, 'mousemove', x + 100, y); mouse(canvas, 'mouseup', x + 100, y);
result.dragged = text(by('range'));
result.rows_dragged = document.querySelectorAll('#cycle-table tbody tr').length;
by('whole').click();
result.whole = text(by('range'));
key('memory', '+');
result.by_key = text(by('range'));
key('memory', 'ArrowRight');
result.panned = text(by('range'));
key('memory', '0');
document.querySelectorAll('#cycle-table tbody tr')[3].click();
result.by_row = text(by('range'));
result.rows_by_row = document.querySelectorAll('#cycle-table tbody tr').length;
by('whole').click();
result.theme = document.documentElement.dataset.theme;
by('theme').click();
result.other_theme = document.documentElement.dataset.theme;
result.ink_dark = inked('memory');
dispatchEvent(new Event('beforeprint'));
result.print_theme = document.documentElement.dataset.theme;
dispatchEvent(new Event('afterprint'));
result.focusable = document.querySelectorAll('.chart[tabindex="0"][aria-label]').length;
result.findings = document.querySelectorAll('.finding').length;
result.network = performance.getEntriesByType('resource').length;
`)
	if errors := fmt.Sprint(result["errors"]); errors != "[]" {
		t.Errorf("errors in the page: %s", errors)
	}
	if result["evil"] != true || !strings.Contains(fmt.Sprint(result["heading"]), markup) {
		t.Errorf("markup is not text: %v", result["heading"])
	}
	wanted := []string{"memory", "cycles", "pauses", "cpu", "faults"}
	if rep.source(t, returnsSource(rep)).State == "on" {
		wanted = append(wanted, "returns")
	}
	for _, id := range wanted {
		if ink, _ := result["ink"].(map[string]interface{})[id].(float64); ink < 500 {
			t.Errorf("track %s has %v pixels", id, ink)
		}
	}
	text := func(name string) string { return fmt.Sprint(result[name]) }
	if rows, _ := result["rows"].(float64); int(rows) != len(rep.Cycles) {
		t.Errorf("%v rows of cycles, the report has %d", rows, len(rep.Cycles))
	}
	if !regexp.MustCompile(`RSS [\d.]+ [KM]iB \([\d,]+ B\)|RSS [\d.]+ [KM]iB to `).MatchString(text("reading")) ||
		!strings.Contains(text("reading"), "goal ") {
		t.Errorf("the reading under the mouse is %q", text("reading"))
	}
	if text("whole") != text("range") || text("by_row") == text("range") || text("rows_by_row") == text("rows") {
		t.Errorf("whole: %s, at first: %s, a cycle: %s", text("whole"), text("range"), text("by_row"))
	}
	for _, name := range []string{"dragged", "by_key", "panned"} {
		if text(name) == text("range") || result[name] == nil {
			t.Errorf("%s: the time shown is still %s", name, text("range"))
		}
	}
	if text("panned") == text("by_key") {
		t.Errorf("the arrow moved nothing: %s", text("panned"))
	}
	if text("theme") != "light" || text("other_theme") != "dark" || text("print_theme") != "light" {
		t.Errorf("themes: %s, %s, on paper %s", text("theme"), text("other_theme"), text("print_theme"))
	}
	if ink, _ := result["ink_dark"].(float64); ink < 500 {
		t.Errorf("%v pixels in the dark", ink)
	}
	if n, _ := result["focusable"].(float64); int(n) < len(wanted) {
		t.Errorf("%v tracks can be reached by keys", n)
	}
	if text("network") != "0" {
		t.Errorf("the page asked for %s other things", text("network"))
	}
	if shots := os.Getenv("SCREENSHOTS"); shots != "" {
		screenshot(t, r.path("page.html"), filepath.Join(shots, "timeline.png"))
	}
}

// TestMarkupIsText: names of functions, text of the target's stderr and arguments, all of them with markup
// (tests/unit/test_timeline.c), in a page of few events.
func TestMarkupIsText(t *testing.T) {
	result := watched(t, writtenSample(t, "test_timeline", "timeline.html"), `
result.heading = text(document.querySelector('h1'));
result.stacks = text(by('stacks'));
result.broken = text(by('broken'));
result.elements = document.querySelectorAll('#page b, #page i, #page script').length;
result.ink = inked('memory');
`)
	if errors := fmt.Sprint(result["errors"]); errors != "[]" {
		t.Errorf("errors in the page: %s", errors)
	}
	for name, want := range map[string]string{"heading": "a</script><b>", "stacks": "f<!--<script>", "broken": "gc 5 </script><i>"} {
		if !strings.Contains(fmt.Sprint(result[name]), want) {
			t.Errorf("%s is %q, without %q", name, result[name], want)
		}
	}
	if fmt.Sprint(result["elements"]) != "0" {
		t.Errorf("%v elements were made of markup", result["elements"])
	}
	if ink, _ := result["ink"].(float64); ink < 100 {
		t.Errorf("memory has %v pixels", ink)
	}
}

// screenshot is for who changes the page: SCREENSHOTS=DIR go test -run Timeline
func screenshot(t *testing.T, page, to string) {
	t.Helper()
	cmd := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1400,1800",
		"--user-data-dir="+t.TempDir(), "--screenshot="+to, "file://"+page)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("no screenshot: %v: %s", err, lastLine(string(out)))
	}
}

func TestTimelineUsage(t *testing.T) {
	t.Parallel()
	r := newRun(t).record(nil, sample("forced"), "-gcs", "5")
	r.expectStatus(0)
	for _, c := range []struct {
		args   []string
		status int
		words  []string
	}{
		{[]string{}, 2, []string{"-o FILE"}},
		{[]string{"-o", "x.txt", "run.rec"}, 2, []string{"x.txt", "--format"}},
		{[]string{"-o", "run.rec", "-f", "csv", "run.rec"}, 2, []string{"is the recording"}},
		{[]string{"-o", "x.csv", "--from", "2s", "--to", "1s", "run.rec"}, 2, []string{"--from"}},
		{[]string{"-o", "x.csv", "--cycle", "3", "--to", "1s", "run.rec"}, 2, []string{"--cycle"}},
		{[]string{"-o", "x.csv", "--cycle", "999", "run.rec"}, 1, []string{"no cycle 999"}},
		{[]string{"-o", "x.html", "--from", "1h", "run.rec"}, 1, []string{"nothing in the part asked for"}},
		{[]string{"-o", "no/such/x.html", "run.rec"}, 1, []string{"cannot create 'no/such/x.html'"}},
		{[]string{"-o", "/dev/full", "-f", "csv", "run.rec"}, 1, []string{"cannot write '/dev/full'"}},
		{[]string{"-o", "x.html", "missing.rec"}, 1, []string{"missing.rec"}},
	} {
		sub := r.again()
		sub.dir = r.dir
		sub.gctide(append([]string{"timeline"}, c.args...)...)
		sub.expectStatus(c.status)
		sub.expectMessage(c.words...)
	}
	keeper := r.again()
	keeper.dir = r.dir
	writeFile(t, keeper, "keep.html", "an older page")
	for _, args := range [][]string{{"missing.rec"}, {"--from", "1h", "run.rec"}} {
		keeper.gctide(append([]string{"timeline", "-o", "keep.html"}, args...)...)
		keeper.expectStatus(1)
	}
	if got := keeper.read("keep.html"); got != "an older page" {
		t.Errorf("of a timeline that failed, the older page became %q", got)
	}
	if left, _ := filepath.Glob(keeper.path("*.part")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if !strings.HasPrefix(r.read("run.rec"), "GCTIDE") && len(r.read("run.rec")) < 100 {
		t.Error("the recording is gone")
	}
	cut := r.again()
	whole := r.read("run.rec")
	writeFile(t, cut, "run.rec", whole[:len(whole)*2/3])
	if page, err := os.ReadFile(cut.timeline("page.html")); err != nil || !bytes.HasPrefix(page, []byte("<!DOCTYPE html>")) {
		t.Errorf("of a cut recording there is no page: %v", err)
	}
}
