package integration

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the programs of others make of our profiles: go tool pprof, flamegraph.pl or inferno, speedscope, and a
// browser. The helpers take the path of a file, wherever it is from. The files here are those that the unit tests of
// the renderers write (tests/unit/profile_sample.h says what is in them: 100 samples, 1 s).

// The releases that were tried; both are installed into build/consumers when they are missing.
const (
	infernoVersion    = "0.12.8"
	speedscopeVersion = "1.25.0"
)

// output runs a program to its end, and gives what it printed on stdout, and on stderr.
func output(limit time.Duration, name string, args ...string) (stdout, stderr string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	err = cmd.Run()
	return out.String(), errors.String(), err
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// writtenSample lets the unit test of a renderer write its files, and gives the path of one.
func writtenSample(t *testing.T, test, name string) string {
	t.Helper()
	binary := os.Getenv("GCTIDE")
	if binary == "" {
		binary = "../../build/gctide"
	}
	binary, err := filepath.Abs(filepath.Join(filepath.Dir(binary), "tests", "unit", test))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Skip("the unit test that writes the profile is not built: " + err.Error())
	}
	dir := t.TempDir()
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), "PROFILE_SAMPLE_DIR="+dir)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", test, err, text)
	}
	return filepath.Join(dir, name)
}

// consumersDir is where tools are installed to: once for all builds.
func consumersDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../build/consumers")
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		t.Skip("nowhere to install tools to: " + err.Error())
	}
	return dir
}

// --- go tool pprof

func pprof(t *testing.T, args ...string) string {
	t.Helper()
	if text, err := exec.Command(built.goCmd, "tool", "pprof", "-h").CombinedOutput(); !bytes.Contains(text, []byte("-top")) {
		t.Skipf("no go tool pprof: %v: %s", err, lastLine(string(text)))
	}
	stdout, stderr, err := output(patience, built.goCmd, append([]string{"tool", "pprof", "-symbolize=none"}, args...)...)
	if err != nil {
		t.Fatalf("go tool pprof %v: %v\n%s", args, err, stderr)
	}
	return stdout
}

// pprofTop gives the flat and the cumulative figure of each function, as pprof prints them.
func pprofTop(t *testing.T, file string) map[string][2]string {
	t.Helper()
	figures := map[string][2]string{}
	row := regexp.MustCompile(`^ *(\S+) +\S+% +\S+% +(\S+) +\S+% +(.+)$`)
	for _, line := range strings.Split(pprof(t, "-top", "-nodecount=1000000", file), "\n") {
		if m := row.FindStringSubmatch(line); m != nil {
			figures[strings.TrimSuffix(m[3], " (inline)")] = [2]string{m[1], m[2]}
		}
	}
	return figures
}

// pprofPage gives a page of pprof's own web server for the file.
func pprofPage(t *testing.T, file, page string) string {
	t.Helper()
	pprof(t, "-raw", file) // skips when there is no pprof
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no port to listen on: " + err.Error())
	}
	address := listener.Addr().String()
	listener.Close()
	cmd := exec.Command(built.goCmd, "tool", "pprof", "-symbolize=none", "-no_browser", "-http="+address, file)
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the go command starts pprof as a child
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	}()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		response, err := http.Get("http://" + address + page)
		if err != nil {
			if time.Now().After(end) {
				t.Fatalf("pprof -http did not answer: %v", err)
			}
			continue
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v\n%s", page, response.Status, err, body)
		}
		return string(body)
	}
}

func TestPprofReadsTheProfile(t *testing.T) {
	file := writtenSample(t, "test_pprof", "sample.pb.gz")
	top := pprofTop(t, file)
	for name, want := range map[string][2]string{
		"main.sum": {"400ms", "400ms"}, "memcpy": {"200ms", "200ms"}, "runtime.mallocgc": {"80ms", "140ms"},
		"main.main": {"0", "740ms"}, "runtime.gcDrain": {"160ms", "160ms"},
	} {
		if top[name] != want {
			t.Errorf("%s: %v, not %v", name, top[name], want)
		}
	}
	raw := pprof(t, "-raw", file)
	for _, part := range []string{"samples/count cpu/nanoseconds", "phase:[mark]", "cause:[background]", "Comment: 3 perf records were lost",
		"/app/server 0123abcd [FN][FL][LN][IN]", "[kernel]  [FN]", "Period: 10000000"} {
		if !strings.Contains(raw, part) {
			t.Errorf("-raw has no %q:\n%s", part, raw)
		}
	}
	if traces := pprof(t, "-traces", "-sample_index=samples", file); !strings.Contains(traces, "40   main.sum (inline)\n             main.work") {
		t.Errorf("-traces:\n%s", traces)
	}
	if focused := pprof(t, "-top", "-tagfocus=phase=mark", file); !strings.Contains(focused, "160ms, 16.00% of 1000ms total") {
		t.Errorf("-tagfocus:\n%s", focused)
	}
	if page := pprofPage(t, file, "/ui/flamegraph"); !strings.Contains(page, "runtime.gcAssistAlloc") {
		t.Errorf("the page of -http has no frame:\n%.2000s", page)
	}
}

// --- flamegraph.pl and inferno

// infernoCommand installs inferno when cargo can.
func infernoCommand(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("inferno-flamegraph"); err == nil {
		return path
	}
	root := filepath.Join(consumersDir(t), "inferno-"+infernoVersion)
	path := filepath.Join(root, "bin", "inferno-flamegraph")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if _, err := exec.LookPath("cargo"); err != nil {
		t.Skip("neither flamegraph.pl nor inferno-flamegraph nor cargo on the PATH")
	}
	if _, stderr, err := output(8*time.Minute, "cargo", "install", "inferno", "--version", infernoVersion, "--root", root,
		"--locked", "--no-default-features", "--features", "cli"); err != nil {
		t.Skipf("inferno cannot be installed: %v: %s", err, lastLine(stderr))
	}
	return path
}

// foldedToSVG draws folded stacks with flamegraph.pl, or with inferno.
func foldedToSVG(t *testing.T, file string) string {
	t.Helper()
	tool, err := exec.LookPath("flamegraph.pl")
	if err != nil {
		tool = infernoCommand(t)
	}
	svg, stderr, err := output(patience, tool, file)
	if err != nil || strings.Contains(stderr, "gnored") {
		t.Fatalf("%s: %v\n%s", tool, err, stderr)
	}
	return svg
}

func TestFlameGraphToolsReadTheFoldedStacks(t *testing.T) {
	svg := foldedToSVG(t, writtenSample(t, "test_folded", "sample.folded"))
	for _, title := range []string{"all (100 samples, 100%)", "main.sum (40 samples, 40.00%)", "main.main (74 samples, 74.00%)",
		"runtime.mallocgc (14 samples, 14.00%)", "runtime.gcDrain (16 samples, 16.00%)", "_12 (4 samples, 4.00%)"} {
		if !strings.Contains(svg, title) {
			t.Errorf("no frame %q", title)
		}
	}
}

// --- a browser

// dom opens a page in a headless browser, and gives the document as it is when all is loaded.
func dom(t *testing.T, url string, flags ...string) string {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no chromium on the PATH")
	}
	flags = append(flags, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1200,800",
		"--user-data-dir="+t.TempDir(), "--dump-dom", url)
	stdout, stderr, err := output(2*patience, browser, flags...)
	if err != nil || stdout == "" {
		t.Skipf("%s does not run here: %v: %s", browser, err, lastLine(stderr))
	}
	return stdout
}

// drive opens the flame graph with a script behind its own, which fills the object `result`.
func drive(t *testing.T, file, script string) map[string]interface{} {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.LastIndex(page, []byte("</svg>"))
	if end < 0 {
		t.Fatalf("%s is no SVG file", file)
	}
	driven := filepath.Join(t.TempDir(), "driven.svg")
	added := `<script><![CDATA[(function () {
const svg = document.documentElement, part = name => svg.querySelector('.' + name), result = {};
const boxes = Array.from(part('boxes').children), named = name => boxes.find(b => b.frame.label && b.frame.label.textContent === name);
const key = (target, name, ctrl) => target.dispatchEvent(new KeyboardEvent('keydown', { key: name, ctrlKey: ctrl, bubbles: true, cancelable: true }));
const click = target => target.dispatchEvent(new MouseEvent('click', { bubbles: true }));
const labels = () => Array.from(part('labels').children).map(l => l.textContent);
try {
` + script + `
} catch (e) {
	result.error = String(e.stack);
}
svg.setAttribute('data-result', JSON.stringify(result));
})();]]></script>
`
	if err := os.WriteFile(driven, []byte(string(page[:end])+added+string(page[end:])), 0o644); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`data-result="([^"]*)"`).FindStringSubmatch(dom(t, "file://"+driven))
	result := map[string]interface{}{}
	if found == nil || json.Unmarshal([]byte(html.UnescapeString(found[1])), &result) != nil || result["error"] != nil {
		t.Fatalf("the script did not get to its end: %q, %v", found, result["error"])
	}
	return result
}

func TestBrowserSearchesAndZoomsTheFlameGraph(t *testing.T) {
	result := drive(t, writtenSample(t, "test_flame", "sample.svg"), `
result.title = document.title;
result.labels = labels();
result.reset_before = part('reset').getAttribute('visibility');
named('main.work').dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX: 300, clientY: 160 }));
result.tip = Array.from(part('tip').querySelectorAll('text')).map(x => x.textContent);
click(named('main.work'));
result.zoomed = labels().map(l => l.slice(0, 8)); // how much fits depends on the fonts
result.reset = part('reset').getAttribute('visibility');
key(document, 'f', true);
const input = svg.querySelector('input');
result.focus = input !== null && document.activeElement === input;
input.value = 'gc(drain|assist)';
input.dispatchEvent(new Event('input', { bubbles: true }));
result.matched_zoomed = part('matched').textContent;
click(part('reset'));
result.matched = part('matched').textContent;
result.hits = part('hits').children.length;
input.value = '(';
input.dispatchEvent(new Event('input', { bubbles: true }));
result.matched_literal = part('matched').textContent;
key(document, 'Escape', false);
result.matched_none = part('matched').textContent;
part('boxes').focus();
['ArrowUp', 'ArrowUp', 'ArrowRight', 'ArrowRight', 'Enter'].forEach(k => key(part('boxes'), k, false));
result.walked = part('boxes').getAttribute('aria-label');
result.zoomed_by_key = labels();
key(document, 'Escape', false);
result.labels_again = labels().sort();
`)
	text := func(name string) string { return fmt.Sprint(result[name]) }
	for name, want := range map[string]string{
		"title": "Flame graph: cpu", "reset_before": "hidden", "reset": "visible", "focus": "true", "hits": "2",
		"matched_zoomed": "matched: 8.11 % of the frame", // 6 of 74
		"matched":        "matched: 22.00 %", "matched_literal": "matched: 4.00 %", "matched_none": "",
		"tip": "[main.work Go /app/main.go:22-28 740 ms (740,000,000 ns) 74.00 % of all, 100.00 % of its caller " +
			"mutator 91.89 %, assist 8.11 %]",
		"zoomed":        "[all runtime. main.mai main.wor main.sum memcpy runtime. runtime.]",
		"walked":        "runtime.gcBgMarkWorker. Go, phase: mark. /go/src/runtime/mgc.go:1423. 160 ms (160,000,000 ns). 16.00 % of all, 16.16 % of its caller",
		"zoomed_by_key": "[all runtime.goexit runtime.gcBgMarkWorker runtime.gcDrain]",
	} {
		if text(name) != want {
			t.Errorf("%s: %s\nnot: %s", name, text(name), want)
		}
	}
	if !strings.Contains(text("labels"), "main.sum") || !strings.Contains(text("labels"), "<scr") {
		t.Errorf("labels: %s", text("labels"))
	}
}

// TestBrowserZoomsALargeFlameGraph: a generous limit, as the browser shares the CPUs with all else.
func TestBrowserZoomsALargeFlameGraph(t *testing.T) {
	result := drive(t, writtenSample(t, "test_flame", "large.svg"), `
const before = performance.now();
result.frames = boxes.length;
click(boxes[3]);
svg.getBoundingClientRect();
click(part('reset'));
svg.getBoundingClientRect();
result.ms = performance.now() - before;
`)
	if frames, ms := result["frames"].(float64), result["ms"].(float64); frames < 20000 || ms > 3000 {
		t.Errorf("%v frames were zoomed into and back in %v ms", frames, ms)
	} else {
		t.Logf("%v frames were zoomed into and back in %.0f ms", frames, ms)
	}
}

// --- speedscope

// speedscope shows the file in speedscope's table of functions, and gives the page's text, parts parted by '|'.
func speedscope(t *testing.T, file string) string {
	t.Helper()
	root := filepath.Join(consumersDir(t), "speedscope-"+speedscopeVersion)
	index := filepath.Join(root, "node_modules", "speedscope", "dist", "release", "index.html")
	if _, err := os.Stat(index); err != nil {
		if _, err := exec.LookPath("npm"); err != nil {
			t.Skip("no npm on the PATH to install speedscope with")
		}
		if _, stderr, err := output(2*patience, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", root,
			"speedscope@"+speedscopeVersion); err != nil {
			t.Skipf("speedscope cannot be installed: %v: %s", err, lastLine(stderr))
		}
	}
	profile, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// as speedscope's own command hands a file to the page
	load := filepath.Join(t.TempDir(), "load.js")
	call := fmt.Sprintf("speedscope.loadFileFromBase64(%q, %q)\n", filepath.Base(file), base64.StdEncoding.EncodeToString(profile))
	if err := os.WriteFile(load, []byte(call), 0o644); err != nil {
		t.Fatal(err)
	}
	page := dom(t, "file://"+index+"#localProfilePath="+load+"&view=sandwich", "--allow-file-access-from-files",
		"--enable-unsafe-swiftshader", "--virtual-time-budget=10000")
	return html.UnescapeString(regexp.MustCompile(`(<[^>]*>)+`).ReplaceAllString(page, "|"))
}

func TestSpeedscopeReadsTheFoldedStacks(t *testing.T) {
	page := speedscope(t, writtenSample(t, "test_folded", "sample.folded"))
	for _, row := range []string{"|40 (40%)|40 (40%)|main.sum|", "|14 (14%)|8 (8.0%)|runtime.mallocgc|",
		"|16 (16%)|16 (16%)|runtime.gcDrain|", "_12|"} {
		if !strings.Contains(page, row) {
			t.Errorf("no row %q in\n%.4000s", row, page)
		}
	}
}
